"""How the fate of a frame looks on a terminal."""

from collections.abc import Iterator

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.common.converters import frame_id
from framemesh.cli.common.time_format import format_duration, format_time
from framemesh.cli.views.outcome import result
from framemesh.runtime.messages.outcome_json import fate_from_proto

FATES = ("done", "expired", "superseded", "dead", "rejected")


def lines(found: monitor_pb2.GetFrameResponse) -> Iterator[str]:
    """What is known of each frame."""
    for record in found.frames:
        name = frame_id(record.frame)
        match record.state:
            case monitor_pb2.FRAME_STATE_COMPLETED:
                yield f"{name} is {fate_from_proto(record.outcome)}"
                yield from _completed(record)
            case monitor_pb2.FRAME_STATE_PENDING:
                yield f"{name} is pending: accepted, and in the buffer or with a worker"
            case monitor_pb2.FRAME_STATE_NOT_RETAINED:
                yield f"{name} had an outcome, which is no longer kept: {_counts(found.ledger)}"
            case _:
                yield f"{name} is unknown: it was never offered, or is not accepted yet"


def _completed(record: monitor_pb2.FrameRecord) -> Iterator[str]:
    outcome = record.outcome
    if outcome.fate == outcome_pb2.FATE_DONE:
        yield f"  detected  {result(outcome)}"
    else:
        yield f"  reason    {outcome.reason}"
        yield f"  detail    {outcome.detail}"
    age = format_duration(outcome.captured_unix_nano, outcome.completed_unix_nano)
    yield f"  captured  {format_time(outcome.captured_unix_nano)}"
    yield f"  completed {format_time(outcome.completed_unix_nano)}, after {age}"
    yield f"  stored    {format_time(record.stored_unix_nano)}"
    if hops := _hops(outcome.timings):
        yield f"  hops      {hops}"
    yield f"  by        {outcome.completed_by}, {_attempts(outcome)}"
    if record.trace_id:
        yield f"  trace     {record.trace_id}"
    if outcome.models:
        models = (f"{each.stage} ({each.model} {each.version})" for each in outcome.models)
        yield f"  models    {', '.join(models)}"


def _hops(timings: outcome_pb2.HopTimings) -> str:
    """How long it was on each hop that it reached."""
    return ", ".join(f"{hop.name} {micros / 1000:.1f} ms" for hop, micros in timings.ListFields())


def _attempts(outcome: outcome_pb2.Outcome) -> str:
    return "1 attempt" if outcome.attempts == 1 else f"{outcome.attempts} attempts"


def _counts(ledger: monitor_pb2.CameraLedger) -> str:
    """The counts of a camera; the outcome of this frame is among them."""
    counts = ((getattr(ledger, fate), fate) for fate in FATES)
    listed = ", ".join(f"{count} {fate}" for count, fate in counts if count)
    return f"of {ledger.camera} {listed}"
