"""What a file may be, and how sure that is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from framemesh.modeling.recognition.preparation import Preparation
from framemesh.modeling.recognition.probe import Probe


class Evidence(IntEnum):
    """What a guess rests on, the strongest first."""

    METADATA = 0
    """The exporter wrote it."""
    NAMES = 1
    """The names of tensors are this family's alone."""
    SHAPES = 2
    """Others have such shapes as well: only an inference can confirm it."""


class Verdict(StrEnum):
    """What an inference says of a guess."""

    CONFIRMED = "confirmed"
    OPEN = "open"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    why: str
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the decoder, that the values tell."""


def confirmed(why: str, **options: Any) -> Finding:
    return Finding(Verdict.CONFIRMED, why, options)


def open_question(why: str, **options: Any) -> Finding:
    return Finding(Verdict.OPEN, why, options)


def contradicted(why: str) -> Finding:
    return Finding(Verdict.CONTRADICTED, why)


def not_told(_: Probe) -> Finding:
    """For families whose values look like those of others."""
    return open_question("the inference does not speak against it")


@dataclass(frozen=True, slots=True)
class Guess:
    """One family that a file may be of."""

    family: str
    decoder: str
    evidence: Evidence
    why: str
    """How the decoder is known, in a few words."""
    preparations: tuple[Preparation, ...]
    """One: the family's custom. More: the file does not tell which."""
    classes: int = 0
    """0: the file does not tell."""
    labels: tuple[str, ...] = ()
    """That the file itself names, or the family has."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the decoder, beyond its name."""
    size: tuple[int, int] = (640, 640)
    """Width and height where the file leaves them open."""
    confirm: Callable[[Probe], Finding] = not_told
    labels_from: str = ""
    """Where the file names its labels; empty: as the evidence tells."""
