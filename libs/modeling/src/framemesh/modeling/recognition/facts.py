"""What an ONNX file says of itself, in the form in which families are told apart."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.loadable import load_problem
from framemesh.modeling.onnx_file import read_onnx
from framemesh.modeling.recognition.image_input import ImageInput, image_input
from framemesh.modeling.recognition.probe import Probe
from framemesh.modeling.signature import Signature, Tensor

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Of one file."""

    file: str
    """Its name, without folders."""
    declared: Signature
    """As the file has it."""
    outputs: tuple[Tensor, ...]
    """With the shapes that an inference had, where one was run."""
    image: ImageInput
    metadata: Mapping[str, str]
    producer: str

    @property
    def output_names(self) -> Mapping[str, Tensor]:
        """By what is left of the name without TensorFlow's index (":0")."""
        return {output.name.split(":")[0]: output for output in self.outputs}

    @property
    def input_names(self) -> frozenset[str]:
        return frozenset(tensor.name.split(":")[0] for tensor in self.declared.inputs)

    def observed(self, probe: Probe) -> "ModelFacts":
        """The same with the shapes that an inference had, where the file leaves dimensions open.

        The batch stays as the file has it.
        """
        return replace(self, outputs=tuple(_observed(each, probe) for each in self.outputs))


def read_facts(path: Path) -> ModelFacts:
    """
    Raises:
        ModelInvalid: it is no ONNX file, workers would not load it, or none of its inputs is an
            image.
    """
    content = read_onnx(path)
    if problem := load_problem(content):
        raise ModelInvalid(f"{path.name}: {problem}")
    return ModelFacts(
        path.name,
        content.signature,
        content.signature.outputs,
        image_input(content.signature, path.name),
        content.metadata,
        content.producer,
    )


def _observed(output: Tensor, probe: Probe) -> Tensor:
    if output.name not in probe.outputs:
        return output
    seen = probe.outputs[output.name].shape
    if len(output.shape) != len(seen):
        return replace(output, shape=seen)
    pairs = zip(output.shape, seen, strict=True)
    shape = [said if at == 0 or said > 0 else found for at, (said, found) in enumerate(pairs)]
    return replace(output, shape=tuple(shape))
