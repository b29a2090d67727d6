"""Models that are ready to be registered: each was recognised or described, and run once."""

import re
from dataclasses import replace
from pathlib import Path

from framemesh.cli.common.model_folder import ModelFolder, read_model_folder
from framemesh.cli.inspection.inference import Inference
from framemesh.cli.inspection.inputs import read_image, served_inputs
from framemesh.cli.inspection.inspect import Inspection, infer, inspect
from framemesh.cli.inspection.names_file import with_names
from framemesh.cli.inspection.one_file import one_file
from framemesh.cli.inspection.report import report
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.names import check_name
from framemesh.modeling.loadable import MAX_FILE_BYTES
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.preparation import PREPARATIONS
from framemesh.modeling.recognition.result import Recognised
from framemesh.modeling.validation import validate_model

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


class NotRecognised(FramemeshError):
    """A file cannot be told, or this version cannot serve it."""

    code = Code.INVALID


class BadChoice(FramemeshError):
    """An option has a value that there is not."""

    code = Code.INVALID


def choice_of(
    model: Path, *, name: str, decoder: str, output: str, prepare: str, labels: str, size: str
) -> Choice:
    """What the options say.

    Raises:
        BadChoice, InvalidName, FileUnreadable: naming the option.
    """
    if prepare and prepare not in PREPARATIONS:
        raise BadChoice(f"--prepare {prepare}: there is {', '.join(PREPARATIONS)}")
    if name:
        check_name("model", name)
    sides = None
    if size:
        if (match := _SIZE.fullmatch(size)) is None:
            raise BadChoice(f"--size {size}: give WIDTHxHEIGHT, as 640x480")
        sides = int(match[1]), int(match[2])
    choice = Choice(name=name, decoder=decoder, output=output, preparation=prepare, size=sides)
    return with_names(choice, labels, model)


def recognised(file: Path, choice: Choice, image: Path | None) -> ModelFolder:
    """The model of a file, without a model.yaml.

    Raises:
        NotRecognised: in one line, or where it is for the user to choose with all that a check
            would say.
        ModelInvalid, InferenceFailed, FileUnreadable: in one line.
    """
    check_size(file)
    inspection = inspect(file, choice, image)
    manifest = served_manifest(inspection)
    if manifest is None:
        raise NotRecognised(_why_not(inspection))
    validate_model(manifest, file)
    return ModelFolder(manifest, file)


def _why_not(inspection: Inspection) -> str:
    name, result = inspection.file.name, inspection.result
    if isinstance(result, Recognised):
        return f"{name} is {result.guess.family}, and cannot be served: {result.unsupported}"
    if result.possible:
        return "\n".join((*report(inspection), f"{name} was not registered"))
    declared = inspection.facts.declared
    inputs, outputs = (", ".join(map(str, each)) for each in (declared.inputs, declared.outputs))
    return (
        f"{name} fits no decoder: it has {inputs} -> {outputs}; describe it in a model.yaml if you "
        "know which decoder reads it"
    )


def served_manifest(inspection: Inspection) -> ModelManifest | None:
    """None where it cannot be told, or cannot be served."""
    return inspection.result.manifest if isinstance(inspection.result, Recognised) else None


def described(
    folder: Path, image: Path | None, scratch: Path
) -> tuple[ModelFolder, Inference | None, str]:
    """The model of a folder with a model.yaml; its inference, or why none was run.

    Args:
        scratch: where the file is written anew if its weights lie in others.

    Raises:
        ModelInvalid, InferenceFailed, FileUnreadable, InvalidDocument: in one line.
    """
    found = read_model_folder(folder)
    found = replace(found, file=one_file(found.file, scratch))
    check_size(found.file)
    model = validate_model(found.manifest, found.file)
    if found.manifest.simulated:
        return found, None, "it is simulated"
    inputs = served_inputs(found.manifest, model, read_image(image))
    # What a folder says of batches is taken; only a worker tries them.
    inference, not_run = infer(found.file, inputs, try_two=False)
    if inference is not None:
        inference.probe.check_finite(found.file.name)
    return found, inference, not_run


def check_size(file: Path) -> None:
    """
    Raises:
        NotRecognised: it is too large to be sent.
    """
    if (size := file.stat().st_size) > MAX_FILE_BYTES:
        raise NotRecognised(
            f"{file} has {size} bytes, and a model at most {MAX_FILE_BYTES} (2 GiB): export it in "
            "float16, or use a smaller one"
        )
