"""How the conditions and the events of a pipeline look on a terminal."""

from collections.abc import Iterator, Sequence

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.common.time_format import format_second
from framemesh.cli.views.listing import Column, Listing

TROUBLE = {"degraded", "image_failed", "image_left", "worker_failed", "node_lost", "rolled_back"}
"""Conditions and kinds of events that are shown in red."""

WIDTH = len("provisioning")
"""Of the longest name of a condition."""


def words(name: str) -> str:
    """A condition, or a kind of event, as a person reads it: `rolling out`."""
    return name.replace("_", " ")


def condition_line(condition: pipeline_pb2.Condition) -> str:
    return f"{words(condition.name)}: {condition.message}"


def condition_lines(conditions: Sequence[pipeline_pb2.Condition]) -> Iterator[str]:
    """What holds of a pipeline, one below the other."""
    for each in conditions:
        yield f"  {words(each.name):{WIDTH}}  {each.message}"


def events_table(events: Sequence[pipeline_pb2.Event]) -> Listing:
    """A row for each event, the newest last."""
    view = Listing([Column("time (UTC)"), Column("event"), Column("")], indent=2)
    for event in events:
        times = f" ({event.times} times)" if event.times > 1 else ""
        style = "red" if event.kind in TROUBLE else "bold" if event.kind == "scaled" else ""
        moment = format_second(event.at_unix_nano)
        view.add(moment, words(event.kind), f"{event.message}{times}", style=style)
    return view
