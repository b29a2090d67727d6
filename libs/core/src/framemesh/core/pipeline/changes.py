"""What a change of a pipeline changes, field by field."""

from collections.abc import Iterator
from typing import Any

from framemesh.core.documents.document import dump
from framemesh.core.pipeline.spec import PipelineSpec


def changes(current: PipelineSpec, wanted: PipelineSpec) -> Iterator[str]:
    """A line for each field that differs, as `workers.min: 1 -> 2`."""
    before, after = dict(_fields(dump(current))), dict(_fields(dump(wanted)))
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, "none"), after.get(path, "none")
        if old != new:
            yield f"{path}: {old} -> {new}"


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every leaf of a document, and where it is."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _fields(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _fields(inner, f"{path}[{at}]")
    elif value is not None and value != "":
        yield path, str(value)
