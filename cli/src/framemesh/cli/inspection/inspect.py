"""What a model's file is: recognised, run once, and recognised again with what it answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from framemesh.cli.common.files import FileUnreadable
from framemesh.cli.inspection.inference import Inference, run_once, runtime_python
from framemesh.cli.inspection.inputs import ImageUnusable, read_image, trial_inputs
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.draft import input_size
from framemesh.modeling.recognition.facts import ModelFacts, read_facts
from framemesh.modeling.recognition.preparation import PREPARATIONS, UNIT
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
    pixels = read_image(image)
    try:
        inputs = trial_inputs(facts, pixels, preparation, (width, height))
    except ImageUnusable as error:
        inference, not_run = None, str(error)
    else:
        inference, not_run = infer(file, inputs, try_two=facts.image.batch == OPEN)
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
    file: Path, inputs: Mapping[str, NDArray[Any]], *, try_two: bool
) -> tuple[Inference | None, str]:
    """One inference, or why there is none.

    Raises:
        InferenceFailed: the file does not run.
    """
    if (python := runtime_python()) is None:
        return None, NO_RUNTIME
    return run_once(python, file, inputs, try_two=try_two), ""
