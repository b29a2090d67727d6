"""What a definition of a sink must be, before it is stored."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import PurePosixPath
from string import Formatter
from urllib.parse import urlsplit

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.names import check_name
from framemesh.core.sinks.spec import SinkKind, SinkOptions, SinkSpec

MAX_CAMERAS = 64
"""Of one sink: each is a filter of its consumer, which the broker compares with every result."""

MAX_LABELS = 64
MAX_TEXT = 1024
"""Characters of a target, a topic, a label or a secret."""

LEAST_FILE_BYTES = 4096
LEAST_FILE_SECONDS = 1.0
MOST_FILE_SECONDS = 24 * 3600.0
MOST_IN_FLIGHT = 64
MOST_BATCH = 1000

SCHEMES = {SinkKind.WEBHOOK: ("http", "https"), SinkKind.MQTT: ("mqtt", "mqtts")}
TOPIC_FIELDS = frozenset({"pipeline", "camera", "sink"})

_FILES = frozenset({SinkKind.JSONL, SinkKind.PARQUET, SinkKind.MP4})
_CALLS = frozenset({SinkKind.WEBHOOK, SinkKind.MQTT})
OPTION_KINDS = {
    "file_bytes": _FILES,
    "file_seconds": _FILES,
    "folder_bytes": frozenset({SinkKind.CROPS}),
    "frames_per_second": frozenset({SinkKind.MP4}),
    "batch": frozenset({SinkKind.WEBHOOK}),
    "in_flight": _CALLS,
    "secret": frozenset({SinkKind.WEBHOOK}),
    "topic": frozenset({SinkKind.MQTT}),
}
"""By the option: the kinds of sink that have it."""


class InvalidSink(FramemeshError):
    """A definition of a sink has an error."""

    code = Code.INVALID


def check_sink(spec: SinkSpec) -> SinkSpec:
    """Return `spec`.

    Raises:
        InvalidName: its name, or that of a pipeline or a camera, is none.
        InvalidSink: something else is wrong; the message says what to write instead.
    """
    check_name("sink", spec.name)
    check_name("pipeline", spec.pipeline)
    for camera in spec.cameras:
        check_name("camera", camera)
    if problem := next(_problems(spec), ""):
        raise InvalidSink(f"sink {spec.name}: {problem}")
    return spec


def _problems(spec: SinkSpec) -> Iterator[str]:
    if len(spec.cameras) > MAX_CAMERAS:
        yield f"at most {MAX_CAMERAS} cameras can be named: leave them out for all of a pipeline"
    if len(spec.labels) > MAX_LABELS:
        yield f"at most {MAX_LABELS} labels can be named"
    texts = (*spec.labels, spec.target, spec.options.topic, spec.options.secret)
    if any(len(text) > MAX_TEXT or not text.isprintable() for text in texts):
        yield f"a label, target, topic or secret is over {MAX_TEXT} characters or is not printable"
    yield from _folder_problems(spec) if spec.kind.is_folder else _url_problems(spec)
    yield from _option_problems(spec)


def _folder_problems(spec: SinkSpec) -> Iterator[str]:
    path = PurePosixPath(spec.target)
    if not path.is_absolute() or ".." in path.parts:
        yield f"{spec.target!r} is no absolute path of a folder: write one as /data/results"


def _url_problems(spec: SinkSpec) -> Iterator[str]:
    schemes = SCHEMES[spec.kind]
    example = f"{schemes[0]}://host:port"
    try:
        url = urlsplit(spec.target)
        usable = url.scheme in schemes and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        # Not the URL itself: it may have a password.
        yield f"its URL cannot be used: write {example}, or {schemes[1]}:// with TLS"


def _option_problems(spec: SinkSpec) -> Iterator[str]:
    options = spec.options
    for option in fields(SinkOptions):
        if getattr(options, option.name) and spec.kind not in OPTION_KINDS[option.name]:
            yield f"{option.name} is no option of {spec.kind.value}"
    if options.file_bytes and options.file_bytes < LEAST_FILE_BYTES:
        yield f"file_bytes {options.file_bytes} is below {LEAST_FILE_BYTES}"
    if options.file_seconds and not LEAST_FILE_SECONDS <= options.file_seconds <= MOST_FILE_SECONDS:
        yield f"file_seconds {options.file_seconds:g} is not from 1 s to a day"
    if not 0 <= options.in_flight <= MOST_IN_FLIGHT:
        yield f"in_flight {options.in_flight} is not from 1 to {MOST_IN_FLIGHT}"
    if not 0 <= options.batch <= MOST_BATCH:
        yield f"batch {options.batch} is not from 1 to {MOST_BATCH}"
    if not 0 <= options.frames_per_second <= 120:
        yield f"frames_per_second {options.frames_per_second:g} is not from 0.1 to 120"
    if options.folder_bytes < 0:
        yield "folder_bytes is negative"
    yield from _topic_problems(options.topic)


def _topic_problems(topic: str) -> Iterator[str]:
    allowed = ", ".join(f"{{{name}}}" for name in sorted(TOPIC_FIELDS))
    try:
        names = {name for _, name, _, _ in Formatter().parse(topic) if name is not None}
    except ValueError:
        names = {""}
    if not names <= TOPIC_FIELDS:
        yield f"topic {topic!r}: what is in braces is one of {allowed}"
    if any(character in topic for character in "+#") or topic.startswith("$"):
        yield f"topic {topic!r}: a topic that is published to has no '+' or '#', and no '$' first"
