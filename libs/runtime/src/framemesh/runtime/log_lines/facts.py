"""Facts that are asked for where a line is written, and cost nothing where none is.

A worker tells the frame that the running task works on, and what traces it the trace. Facts that
hold for a whole task are bound instead: `logs.bind`.
"""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

FactSource = Callable[[], Mapping[str, object]]
"""Called for each line; it must not raise, or take long."""

_sources: list[FactSource] = []


def add_source(source: FactSource) -> None:
    """Ask `source` for facts of each line of this process from now on."""
    if source not in _sources:
        _sources.append(source)


def add_facts(event: MutableMapping[str, Any]) -> None:
    """Add to an event what it does not say itself, and the camera of its frame."""
    for source in _sources:
        for name, value in source().items():
            event.setdefault(name, value)
    if "frame" in event:
        event.setdefault("camera", str(event["frame"]).partition("/")[0])
