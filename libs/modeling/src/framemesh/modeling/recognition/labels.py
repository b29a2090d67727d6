"""The labels of a model's classes, and how they are known."""

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.guess import Guess
from framemesh.modeling.recognition.known_labels import KNOWN_LABELS, known_by_number

NUMBERED = ("tf-detection", "torchvision")
"""Decoders of models that, trained on COCO, count its classes as its own files do."""


def labels_of(guess: Guess, choice: Choice, file: str) -> tuple[tuple[str, ...], str]:
    """The labels and where they are from; none where neither file nor user tells any.

    Raises:
        ModelInvalid: the user's labels are not as many as the model has classes.
    """
    if choice.labels_from in KNOWN_LABELS and not choice.labels:
        known = KNOWN_LABELS[choice.labels_from]
        labels = known.of(guess.classes)
        if not labels:
            raise ModelInvalid(
                f"{file}: --labels {choice.labels_from}: the model has {guess.classes} classes, "
                f"and {known.numbers}: give the names that it was trained with"
            )
        return labels, _said(choice.labels_from, guess)
    if choice.labels:
        if guess.classes and len(choice.labels) != guess.classes:
            raise ModelInvalid(
                f"{file}: {choice.labels_from} has {len(choice.labels)} labels, and the model "
                f"{guess.classes} classes: give one label a class, in order"
            )
        return choice.labels, choice.labels_from
    if guess.labels:
        usual = "the file names them" if guess.evidence == 0 else "the family's own"
        return guess.labels, guess.labels_from or usual
    if choice.beside and guess.classes in (0, len(choice.beside)):
        return choice.beside, f"{choice.beside_file}, beside the model"
    if guess.classes:
        numbers = tuple(f"class {number}" for number in range(guess.classes))
        as_many = known_by_number(guess.classes)
        hint = f" ({as_many} has as many)" if as_many else ""
        return numbers, f"the file names none: numbers; give --labels{hint}"
    return (), "the file does not tell, not even how many"


def _said(name: str, guess: Guess) -> str:
    """A model that does not tell how many classes it has may count them in either way."""
    if name == "coco" and guess.decoder in NUMBERED:
        return "you said coco, 80 in a row; if it counts as COCO's own files do, say coco-90"
    return f"you said {name}"
