"""What a definition of a sink may be, and what is shown of it."""

from dataclasses import replace

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.core.sinks.check import check_sink
from framemesh.core.sinks.redaction import redacted
from framemesh.core.sinks.spec import SinkKind, SinkOptions, SinkSpec

FOLDER = SinkSpec("yard", "street", SinkKind.JSONL, "/data/results")
SIGNED = SinkOptions(secret="s", batch=10, in_flight=2)  # noqa: S106  of nothing
WEBHOOK = SinkSpec("yard", "street", SinkKind.WEBHOOK, "https://example.org/hook")
MQTT = SinkSpec("yard", "street", SinkKind.MQTT, "mqtt://example.org:1883")


@pytest.mark.parametrize(
    "spec",
    [
        FOLDER,
        WEBHOOK,
        replace(WEBHOOK, options=SIGNED),
        MQTT,
        replace(MQTT, options=SinkOptions(topic="a/{pipeline}/{camera}")),
    ],
)
def test_a_sink_that_can_work_is_taken(spec: SinkSpec) -> None:
    assert check_sink(spec) is spec


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (replace(FOLDER, name="a b"), "bad sink name 'a b'"),
        (replace(FOLDER, cameras=("a.b",)), "bad camera name 'a.b'"),
        (replace(FOLDER, target="results"), "'results' is no absolute path of a folder"),
        (replace(FOLDER, target="/data/../etc"), "'/data/../etc' is no absolute path"),
        (replace(FOLDER, target="/data\n"), "is not printable"),
        (replace(FOLDER, options=SinkOptions(topic="x")), "topic is no option of jsonl"),
        (replace(FOLDER, options=SinkOptions(file_seconds=0.1)), "file_seconds 0.1 is not from"),
        (replace(WEBHOOK, target="ftp://u:secret@host"), "its URL cannot be used: write http://"),
        (replace(WEBHOOK, target="http://[::1"), "its URL cannot be used"),
        (replace(MQTT, options=SinkOptions(topic="a/{secret}")), "what is in braces is one of"),
        (replace(MQTT, options=SinkOptions(topic="a/{")), "what is in braces is one of"),
        (replace(MQTT, options=SinkOptions(topic="a/#")), "has no '+' or '#'"),
    ],
)
def test_one_that_cannot_is_refused_in_one_line(spec: SinkSpec, line: str) -> None:
    with pytest.raises(FramemeshError) as raised:
        check_sink(spec)
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret@" not in str(raised.value)


def test_the_password_of_a_target_is_never_shown() -> None:
    shown = redacted(replace(MQTT, target="mqtt://user:se/cret@host:1883/p"))
    assert shown.target == "mqtt://host:1883/p"


def test_a_secret_is_never_shown() -> None:
    assert set(redacted(replace(WEBHOOK, options=SIGNED)).options.secret) == {"*"}
