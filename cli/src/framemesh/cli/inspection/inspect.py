"""What a model's file is: recognised, run once, and recognised again with what it answered."""

from dataclasses import dataclass
from pathlib import Path

from framemesh.cli.common.files import FileUnreadable
from framemesh.cli.inspection.inference import Inference, run_once, runtime_python
from framemesh.cli.inspection.inputs import ImageUnusable, model_inputs, read_image
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.draft import input_size
from framemesh.modeling.recognition.facts import ModelFacts, read_facts
from framemesh.modeling.recognition.preparation import PREPARATIONS, UNIT, Preparation
from framemesh.modeling.recognition.recognise import first_guess, recognise
from framemesh.modeling.recognition.result import Candidates, Recognised
from framemesh.modeling.signature import OPEN

NO_RUNTIME = "onnxruntime is not installed: run `framemesh setup`"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came of it."""

    file: Path
    facts: ModelFacts
    result: Recognised | Candidates
    inference: Inference | None
    not_run: str = ""
    """Why there is no inference."""


def inspect(file: Path, choice: Choice, image: Path | None) -> Inspection:
    """
    Raises:
        ModelInvalid, InferenceFailed, FileUnreadable, ImageUnusable: in one line.
    """
    facts = _facts(file)
    guess = first_guess(facts, choice)
    preparation = PREPARATIONS.get(choice.preparation) or (guess.preparations[0] if guess else UNIT)
    width, height, _ = input_size(facts, guess, choice)
    inference, not_run = infer(file, facts, preparation, (width, height), image)
    result = recognise(
        facts,
        choice,
        inference.probe if inference else None,
        batches=inference is None or inference.batches,
    )
    return Inspection(file, facts, result, inference, not_run)


def _facts(file: Path) -> ModelFacts:
    try:
        return read_facts(file)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileUnreadable(f"cannot read {file}: {reason}") from error


def infer(
    file: Path,
    facts: ModelFacts,
    preparation: Preparation,
    size: tuple[int, int],
    image: Path | None,
) -> tuple[Inference | None, str]:
    """One inference on the image, or why there is none.

    Args:
        size: width and height of the model's input.

    Raises:
        InferenceFailed: the file does not run.
        FileUnreadable, ImageUnusable: the image cannot be read.
    """
    pixels = read_image(image)
    if (python := runtime_python()) is None:
        return None, NO_RUNTIME
    try:
        inputs = model_inputs(facts, pixels, preparation, size)
    except ImageUnusable as error:
        return None, str(error)
    return run_once(python, file, inputs, try_two=facts.image.batch == OPEN), ""
