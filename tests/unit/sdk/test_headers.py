"""What may be passed on with a frame; ingest has the same rule."""

from collections.abc import Mapping

import pytest

from framemesh.ingest.frame_headers import problem_of_headers
from framemesh.sdk import BadFrame
from framemesh.sdk.session.headers import check_headers

GOOD = [{}, {"traceparent": "00-4bf9-01"}, {"x_a.b": "one: two"}, {"a": "v" * 395}]
BAD = [
    {"": "v"},
    {"a b": "v"},
    {"a:": "v"},
    {"a\n": "v"},
    {"Nats-Msg-Id": "v"},
    {"framemesh-crc32": "0"},
    {"a": ""},
    {"a": " v"},
    {"a": "v\r\nb: c"},
    {"a": "\u00e4"},
    {"a": "v" * 396},
    {f"a{at}": "v" * 40 for at in range(9)},
]


@pytest.mark.parametrize("headers", GOOD)
def test_tokens_with_a_line_of_text_are_passed_on(headers: Mapping[str, str]) -> None:
    assert check_headers(headers) == headers
    assert not problem_of_headers(headers)


@pytest.mark.parametrize("headers", BAD)
def test_what_would_be_no_header_or_not_the_cameras_is_refused(headers: Mapping[str, str]) -> None:
    with pytest.raises(BadFrame):
        check_headers(headers)
    assert problem_of_headers(headers)
