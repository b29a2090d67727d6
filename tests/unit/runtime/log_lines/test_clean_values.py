"""No password of a URL is ever in a log."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.urls import without_credentials
from framemesh.runtime.log_lines.clean_values import clean
from framemesh.runtime.settings import BadSetting, NatsUrl, ServiceSettings, from_environment

SECRET = "S3CR3T"  # noqa: S105

word = st.text(st.characters(exclude_categories=["Cs", "Cc"]).filter(lambda c: not c.isspace()))
"""As passwords are that were pasted as they are, with / @ : # and quotes."""
scheme = st.sampled_from(["nats", "tls", "http", "https", "rtsp", "mqtt"])
host = st.sampled_from(["h", "10.0.0.7:4222", "[::1]:80", "example.org:1/path?q=1"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    password = f"{draw(word)}{SECRET}{draw(word)}"
    return f"{draw(scheme)}://{draw(word)}:{password}@{draw(host)}"


texts = st.builds("{0} {1} {2}".format, word, urls(), word) | st.builds("'{0}'".format, urls())
values = st.recursive(
    texts | st.none() | st.integers() | texts.map(ValueError) | texts.map(str.encode),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(word, inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


@given(values)
def test_no_field_of_any_shape_keeps_a_password(value: object) -> None:
    assert SECRET not in json.dumps(clean(value), ensure_ascii=False)


@given(texts)
def test_a_text_keeps_what_is_before_the_url_and_its_host(text: str) -> None:
    cleaned = without_credentials(text)
    assert SECRET not in cleaned
    assert cleaned.startswith(text.partition("://")[0])


def test_a_value_that_cannot_be_printed_costs_no_line() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert clean({"it": Broken()}) == {"it": "<Broken whose repr fails: RuntimeError>"}


def test_what_contains_itself_has_an_end() -> None:
    loop: list[object] = []
    loop.append(loop)
    json.dumps(clean(loop))


def test_a_setting_that_is_refused_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Settings(ServiceSettings):
        nats: NatsUrl

    monkeypatch.setenv("nats", f"nats://camera:two words {SECRET}@h:4222")
    with pytest.raises(BadSetting) as refused:
        from_environment(Settings)
    assert SECRET not in str(refused.value)
    assert "h:4222" in str(refused.value)
