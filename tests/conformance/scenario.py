"""The scenarios, as they lie in scenarios/*.yaml."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "scenarios"

Action = tuple[str, Any]
"""One thing that is done: its name, and what it is given."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a camera does and an ingest answers, and what has to come of it."""

    name: str
    steps: tuple[Action, ...]
    """Of the camera and of who watches it: `camera_steps.py` has them."""
    streams: tuple[tuple[Action, ...], ...] = ()
    """What the scripted ingest does with one stream after another: `scripted_ingest.py` has it. The
    last one is for all that come after."""
    real: bool = False
    """The real ingest does the same by itself."""
    wire: bool = False
    """All SDKs send the same bytes."""
    spool: dict[str, Any] | None = None
    """Of the camera, on disk; None: there is none. Its steps `hand_over` to the next camera."""
    camera: dict[str, Any] = field(default_factory=dict)
    """Options of the camera."""
    camera_name: str = "door"
    pipeline: str = "street"
    addresses: int | list[str] = 1
    """How many addresses the ingest has; 0: one where nothing listens."""
    refused: str = ""
    """The error with which there is no camera at all."""
    arrived: list[str] | None = None
    """The sequence numbers of each stream, in order, such as "1-3 7"; None: nobody looks."""
    messages: list[list[int]] | None = None
    """How many frames each message with frames had, of each stream; None: nobody looks."""
    at: list[int] | None = None
    """The address that each stream came to."""
    withheld: dict[int, int] = field(default_factory=dict)
    """Sequence number and size of the images that stayed at the camera."""
    clocks: list[int] | None = None
    """What each reading of the clock on the first stream answers."""


def scenarios() -> list[Scenario]:
    """All of them."""
    return [
        _scenario(one)
        for path in sorted(FOLDER.glob("*.yaml"))
        for one in yaml.safe_load(path.read_text())
    ]


def _scenario(fields: dict[str, Any]) -> Scenario:
    steps = tuple(action for step in fields.pop("steps") for action in step.items())
    streams = tuple(
        tuple(action for part in stream for action in part.items())
        for stream in fields.pop("streams")
    )
    return Scenario(steps=steps, streams=streams, **fields)


def numbers(text: str) -> list[int]:
    """The sequence numbers of "1-3 7"."""
    found: list[int] = []
    for part in text.split():
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
