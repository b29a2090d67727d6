"""The model.yaml that a guess leads to, with the reason of each field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framemesh.modeling.constants import usual_constants
from framemesh.modeling.decoders.registry import DEMANDS
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import Guess
from framemesh.modeling.recognition.input_fields import input_fields
from framemesh.modeling.recognition.labels import labels_of
from framemesh.modeling.recognition.preparation import Preparation

MAX_NAME = 64
BATCH = 8
"""Images in one request, where the file leaves the number open."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A manifest as plain values, and how each of its fields is known."""

    document: Mapping[str, Any]
    reasons: Mapping[str, str]
    """By the name of the field: "decoder.name"."""


def draft(
    facts: ModelFacts,
    guess: Guess,
    preparation: Preparation,
    choice: Choice,
    *,
    options: Mapping[str, Any],
    batches: bool,
) -> Draft:
    """
    Args:
        options: of the decoder, that the inference told.
        batches: two images in one request worked, or were not tried.

    Raises:
        ModelInvalid: labels that the user gave are not as many as the model has classes.
    """
    labels, labels_why = labels_of(guess, choice, facts.file)
    fields, reasons = _input(facts, guess, preparation, choice)
    batch, batch_why = _batch(facts, guess, batches)
    constants, constants_why = _constants(facts)
    return Draft(
        {
            "name": choice.name or model_name(facts.file),
            "file": facts.file,
            "labels": list(labels),
            "max_batch": batch,
            "input": fields,
            **({"constants": constants} if constants else {}),
            "decoder": {"name": guess.decoder, **guess.options, **options},
        },
        {
            "name": "you said so" if choice.name else "the file's name",
            "labels": labels_why,
            "max_batch": batch_why,
            "decoder.name": guess.why if not choice.decoder else f"you said so; {guess.why}",
            **{f"decoder.{name}": guess.why for name in guess.options},
            **{f"decoder.{name}": "the values of the inference" for name in options},
            **{f"constants.{name}": why for name, why in constants_why.items()},
            **{f"input.{name}": why for name, why in reasons.items()},
        },
    )


def model_name(file: str) -> str:
    """The file's name without its ending, as a model may be called."""
    stem = file.removesuffix(".onnx")
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in stem)
    return kept[:MAX_NAME].strip("-") or "model"


def input_size(facts: ModelFacts, guess: Guess | None, choice: Choice) -> tuple[int, int, str]:
    """Width, height, and how they are known."""
    image = facts.image
    if image.width and image.height:
        return image.width, image.height, "the file fixes it"
    if choice.size is not None:
        width, height, why = *choice.size, "you said so"
    elif guess is not None and guess.evidence == 0 and "imgsz" in facts.metadata:
        width, height, why = *guess.size, "metadata: imgsz"
    else:
        width, height = guess.size if guess is not None else (640, 640)
        why = "the file leaves it open; the family's custom, --size sets another"
    return image.width or width, image.height or height, why


def _input(
    facts: ModelFacts, guess: Guess, preparation: Preparation, choice: Choice
) -> tuple[dict[str, Any], dict[str, str]]:
    width, height, size_why = input_size(facts, guess, choice)
    custom = "you said so" if choice.preparation else f"custom of {guess.family}"
    fields = input_fields(facts, preparation, width, height)
    told = {"name": "the file", "layout": "the file", "dtype": "the file"}
    reasons = {"width": size_why, "height": size_why, **told}
    for name in fields:
        reasons.setdefault(name, f"{custom}: {preparation.text}")
    return fields, reasons


def _constants(facts: ModelFacts) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the inputs beside the image, of those whose meaning is known by their name."""
    image = facts.image.tensor.name
    values = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in usual_constants(facts.declared.inputs, image).items()
    }
    why = "an input of that name; boxes come in pixels of the input"
    return values, dict.fromkeys(values, why)


def _batch(facts: ModelFacts, guess: Guess, batches: bool) -> tuple[int, str]:
    if guess.decoder in DEMANDS and DEMANDS[guess.decoder].flat:
        return 1, "its outputs are one list of all images"
    if guess.options.get("steps_first"):
        return 1, "its output has the steps before the images"
    if facts.image.batch > 0:
        return facts.image.batch, "the file fixes it"
    if facts.image.batch == 0:
        return 1, "the file takes one image, without a batch"
    if not batches:
        return 1, "the file leaves it open, but two images at once failed"
    return BATCH, "the file leaves it open"
