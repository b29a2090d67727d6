"""What Ultralytics' exporter writes into a file's metadata, parsed as data and never run."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_CLASSES = 20_000
"""More than any set of classes that is in use."""


@dataclass(frozen=True, slots=True)
class UltralyticsMetadata:
    """Of one file; a field is empty where it is missing or is not what it should be."""

    task: str
    """detect, segment, pose, obb or classify; empty in files of the old YOLOv5."""
    names: tuple[str, ...]
    width: int
    height: int
    suppressed: bool
    """The graph ends with one row a detection."""
    keypoints: tuple[int, int] | None
    """How many, and the values of each (2 or 3)."""


def ultralytics_metadata(metadata: Mapping[str, str]) -> UltralyticsMetadata | None:
    """None where the file has not this exporter's names and stride."""
    names = _names(literal(metadata.get("names", "")))
    if not names or "stride" not in metadata:
        return None
    arguments = literal(metadata.get("args", ""))
    suppressed = metadata.get("end2end") == "True" or (
        isinstance(arguments, dict) and arguments.get("nms") is True
    )
    height, width = _pair(literal(metadata.get("imgsz", ""))) or (0, 0)
    keypoints = _pair(literal(metadata.get("kpt_shape", "")))
    return UltralyticsMetadata(
        metadata.get("task", ""), names, width, height, suppressed, keypoints
    )


def literal(text: str) -> Any:
    """A Python literal as the value that it stands for; None where it is none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _names(value: Any) -> tuple[str, ...]:
    """A list, or a mapping from 0, 1, 2, ..., of strings."""
    if isinstance(value, dict):
        if not 0 < len(value) <= MAX_CLASSES or set(value) != set(range(len(value))):
            return ()
        value = [value[at] for at in range(len(value))]
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CLASSES:
        return ()
    return tuple(map(str, value))


def _pair(value: Any) -> tuple[int, int] | None:
    if isinstance(value, (list, tuple)) and len(value) == 2:
        first, second = value
        if isinstance(first, int) and isinstance(second, int) and min(first, second) > 0:
            return first, second
    return None
