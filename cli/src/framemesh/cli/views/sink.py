"""How sinks are shown."""

from collections.abc import Iterable, Iterator

from rich.table import Table

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import sink_pb2


def table(sinks: Iterable[sink_pb2.Sink]) -> Table:
    """A row a sink."""
    found = Table(box=None, pad_edge=False)
    for title in ("name", "pipeline", "kind", "target", "behind", "written", "state"):
        found.add_column(title, justify="right" if title in {"behind", "written"} else "left")
    for sink in sinks:
        spec = sink.spec
        found.add_row(
            spec.name,
            spec.pipeline,
            kind(spec),
            spec.target,
            behind(sink),
            str(sink.written),
            state(sink),
        )
    return found


def details(sink: sink_pb2.Sink) -> Iterator[str]:
    """One line for each thing that there is to tell."""
    spec = sink.spec
    yield f"{spec.name}: {kind(spec)} of {spec.pipeline} to {spec.target}"
    fates = [outcome_pb2.Fate.Name(fate).removeprefix("FATE_").lower() for fate in spec.fates]
    chosen = {"cameras": spec.cameras, "labels": spec.labels, "fates": fates}
    for name, values in chosen.items():
        if values:
            yield f"only {name}: {', '.join(values)}"
    yield f"behind: {behind(sink)}"
    yield f"written: {sink.written}"
    if sink.missing_pictures:
        yield f"without a picture, which was gone: {sink.missing_pictures}"
    if sink.refused_results:
        yield f"left out, as its target refuses these and takes others: {sink.refused_results}"
    if sink.lost_entries:
        yield f"entries of the ledger that were gone before it came to them: {sink.lost_entries}"
    yield f"state: {state(sink)}"


def kind(spec: sink_pb2.SinkSpec) -> str:
    return sink_pb2.SinkKind.Name(spec.kind).removeprefix("SINK_KIND_").lower()


def behind(sink: sink_pb2.Sink) -> str:
    """Results that it has still to write, and for how long the oldest has waited."""
    if not sink.HasField("behind_results"):
        return "unknown"
    if not sink.behind_results:
        return "0"
    return f"{sink.behind_results} ({sink.behind_seconds:.1f} s)"


def state(sink: sink_pb2.Sink) -> str:
    if sink.trouble:
        return sink.trouble
    return f"runs on {sink.holder}" if sink.holder else "nobody runs it at the moment"
