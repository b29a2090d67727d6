"""What recognition comes to."""

from dataclasses import dataclass

from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.recognition.draft import Draft
from framemesh.modeling.recognition.guess import Guess


@dataclass(frozen=True, slots=True)
class Recognised:
    """One family, known for sure or chosen by the user."""

    guess: Guess
    draft: Draft
    why: str
    """What the inference said of it."""
    manifest: ModelManifest | None
    """None where this version of framemesh cannot serve it."""
    unsupported: str = ""
    """Why not."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One family that the file may be of, and what the user says to choose it."""

    guess: Guess
    why: str
    choose: str
    """Options of the command line."""
    sure: bool
    """Whether it would be taken if nothing else were to be said."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """It cannot be told; empty where no family is known that looks so."""

    possible: tuple[Candidate, ...]
    rejected: tuple[str, ...]
    """What came near, and why it is not that."""
