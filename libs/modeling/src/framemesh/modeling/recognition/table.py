"""All recognisers; each yields what a file may be of its families."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.anomalib import anomalib
from framemesh.modeling.recognition.families.detr import detr
from framemesh.modeling.recognition.families.faces.centerface import centerface
from framemesh.modeling.recognition.families.faces.grids import faces
from framemesh.modeling.recognition.families.listed import listed
from framemesh.modeling.recognition.families.maps import maps
from framemesh.modeling.recognition.families.nanodet import nanodet
from framemesh.modeling.recognition.families.people import people
from framemesh.modeling.recognition.families.picodet import picodet
from framemesh.modeling.recognition.families.plain import plain
from framemesh.modeling.recognition.families.rows import rows
from framemesh.modeling.recognition.families.text import text
from framemesh.modeling.recognition.families.unnamed_lists import unnamed_lists
from framemesh.modeling.recognition.families.vectors import vectors
from framemesh.modeling.recognition.families.yolo.places import yolo
from framemesh.modeling.recognition.families.yolo.ultralytics import ultralytics
from framemesh.modeling.recognition.guess import Guess
from framemesh.modeling.recognition.preparation import RAW, RAW_BGR

RECOGNISERS: tuple[Callable[[ModelFacts], Iterator[Guess]], ...] = (
    ultralytics,
    detr,
    listed,
    rows,
    faces,
    centerface,
    people,
    anomalib,
    maps,
    yolo,
    nanodet,
    picodet,
    plain,
    unnamed_lists,
    text,
    vectors,
)

CHARACTER = "character"
"""Of the metadata: letters of a reader, or labels of any model, one a line."""


def guesses(facts: ModelFacts) -> tuple[Guess, ...]:
    """What the file may be, the best known first."""
    found = [guess for recogniser in RECOGNISERS for guess in recogniser(facts)]
    found = [_with_labels(guess, facts) for guess in found]
    if facts.image.tensor.datatype == "UINT8":
        found = [_without_arithmetic(guess) for guess in found]
    return tuple(sorted(found, key=lambda guess: guess.evidence))


def _with_labels(guess: Guess, facts: ModelFacts) -> Guess:
    """With the labels that RapidAI writes into its files, if they are as many as the classes."""
    named = tuple(facts.metadata.get(CHARACTER, "").splitlines())
    if guess.labels or not named or len(named) != guess.classes:
        return guess
    return replace(guess, labels=named, labels_from=f"metadata: {CHARACTER}")


def _without_arithmetic(guess: Guess) -> Guess:
    """Pixels go in as they are: only the order of the colours is in question."""
    return replace(guess, preparations=(RAW, RAW_BGR)) if len(guess.preparations) > 1 else guess
