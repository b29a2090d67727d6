"""The model repository of our Triton: the files and the configuration of each model."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import ModelManifest, SimulatedSpec
from framemesh.modeling.mapped_weights import is_large, written_apart
from framemesh.modeling.signature import OPEN, Signature, Tensor
from framemesh.modeling.validation import check_signature
from framemesh.vision.constants import constant_values

CPU, GPU = "KIND_CPU", "KIND_GPU"

SIMULATION = Path(__file__).parent / "simulation.py"
"""What Triton runs in place of the ONNX file of a simulated model. It needs only the Python
backend, so that a Triton run by others takes it as well."""

WARMUP_FOLDER = "warmup"
"""Where Triton looks for the data of a warm-up, in a model's folder."""

ONNXRUNTIME = {
    "inter_op_thread_count": "1",
    # It is one block of memory more for each size of a batch: 22 MB of 122 for each instance of the
    # bundled model, and no faster.
    "enable_mem_pattern": "0",
}
"""Parameters of Triton's onnxruntime backend."""

SHARED_WEIGHTS = {"share_weights": "1"}
"""Parameter of our own backend: no second copy of the weights, in another order, for each instance.
An inference then takes about a tenth longer."""

WEIGHTS_FILE = "weights.onnx"
"""The name of such a file beside the graph."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version of a model, as Triton is to serve it."""

    manifest: ModelManifest
    version: int
    onnx: Path
    signature: Signature
    instances: int
    largest_batch: int
    """Of all requests; below the manifest's max_batch where memory does not suffice for that."""
    kind: str = CPU
    threads: int = 1
    """Of each instance. Those of small models share the CPUs already; onnxruntime would start a
    thread a CPU in each."""
    declared: Signature | None = None
    """As the file has it, of a model whose inputs differ in size."""

    @property
    def name(self) -> str:
        """Its name in Triton. A pipeline may use two versions of a model, whose configurations
        differ, so each is a model of its own there. The version follows the last dash."""
        return f"{self.manifest.name}-{self.version}"

    @property
    def batched(self) -> bool:
        """Whether Triton knows a batch: each tensor has it, and it is open. If not, it is a
        dimension like others, which makes no difference to requests."""
        return (
            self.manifest.max_batch > 1
            and not self.signature.fixed_batch
            and all(tensor.batched for tensor in self.signature.inputs)
        )

    @property
    def sizes_differ(self) -> bool:
        """Whether the size of the input follows the image."""
        return self.manifest.input.multiple_of > 0

    def request_shape(self, tensor: Tensor, images: int) -> tuple[int, ...]:
        """Of an input, in a request for so many images: Triton knows no scalars."""
        if self.batched and not tensor.image_shape:
            return (images, 1)
        return tensor.shape_of(images) or (1,)

    def inputs_of(self, size: InputSize) -> tuple[Tensor, ...]:
        """The inputs where the image's has this size."""
        if not self.sizes_differ or self.declared is None:
            return self.signature.inputs
        sized = self.manifest.of_size(size.width, size.height)
        return check_signature(sized, self.declared).signature.inputs

    def _open_inputs(self) -> list[Tensor]:
        """The inputs, with every side open that the size of an image changes."""
        step = self.manifest.input.multiple_of
        if not step:
            return list(self.signature.inputs)
        pairs = zip(self.signature.inputs, self.inputs_of(InputSize(step, step)), strict=True)
        return [replace(one, shape=_common(one.shape, other.shape)) for one, other in pairs]

    @property
    def content(self) -> Path:
        """The file that its backend runs."""
        return SIMULATION if self.manifest.simulated else self.onnx

    @property
    def file(self) -> str:
        """Path of that file in the model's folder of the repository."""
        return f"{self.version}/{'model.py' if self.manifest.simulated else 'model.onnx'}"

    @property
    def shares_weights(self) -> bool:
        """Whether its instances map the weights out of the file. On a GPU each has its own."""
        if self.manifest.simulated or self.kind != CPU:
            return False
        return is_large(self.onnx)

    @property
    def warmup_files(self) -> dict[str, bytes]:
        """What the constant inputs are in a warm-up: paths in the model's folder, and contents. A
        zero may be no size, and no count."""
        return {
            f"{WARMUP_FOLDER}/{_constant_file(at)}": constant_values(
                self.manifest.constant_numbers, tensor, 1 if self.batched else self.largest_batch
            ).tobytes()
            for at, tensor in enumerate(self.signature.inputs)
            if at > 0
        }

    def _warmup(self, at: int) -> dict[str, object]:
        return {"input_data_file": _constant_file(at)} if at else {"zero_data": True}

    def config(self) -> str:
        """The config.pbtxt, complete: to fill gaps, Triton would load the model once more, which
        takes a second and a half."""
        batched = self.batched
        simulated = self.manifest.simulated
        images = OPEN if self.largest_batch > 1 else 1
        config = ModelConfig(
            name=self.name,
            backend="python" if simulated else "onnxruntime",
            max_batch_size=self.manifest.max_batch if batched else 0,
            input=[_described(tensor, batched, images) for tensor in self._open_inputs()],
            output=[_described(tensor, batched, images) for tensor in self.signature.outputs],
            instance_group=[{"kind": CPU if simulated else self.kind, "count": self.instances}],
            # Each instance allocates its memory and has its slow first inference before any frame
            # waits for it.
            model_warmup=[
                {
                    "name": "largest batch",
                    "batch_size": self.largest_batch if batched else 1,
                    "inputs": {
                        tensor.name: {
                            **_type_and_shape(tensor, batched, self.largest_batch),
                            **self._warmup(at),
                        }
                        for at, tensor in enumerate(self.signature.inputs)
                    },
                }
            ],
        )
        parameters = (
            _latency(simulated)
            if simulated
            else {**ONNXRUNTIME, "intra_op_thread_count": str(self.threads)}
        )
        if self.shares_weights:
            parameters = {**parameters, **SHARED_WEIGHTS}
        for name, value in parameters.items():
            config.parameters[name].string_value = value
        return str(text_format.MessageToString(config))


def write_repository(folder: Path, deployments: Sequence[Deployment]) -> None:
    """Write a repository of exactly these models to `folder`, in place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for deployment in deployments:
        model = folder / deployment.name
        file = model / deployment.file
        file.parent.mkdir(parents=True, exist_ok=True)
        (model / "config.pbtxt").write_text(deployment.config())
        apart = deployment.shares_weights and written_apart(deployment.onnx, file, WEIGHTS_FILE)
        if not apart:
            file.symlink_to(deployment.content.resolve())
        for path, content in deployment.warmup_files.items():
            (model / path).parent.mkdir(exist_ok=True)
            (model / path).write_bytes(content)


def _common(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with -1 where the two differ."""
    return tuple(a if a == b else OPEN for a, b in zip(one, other, strict=True))


def _constant_file(at: int) -> str:
    """Of the input at this place; its name may hold anything."""
    return f"input-{at}"


def _latency(simulated: SimulatedSpec) -> dict[str, str]:
    return {
        "base_ms": str(simulated.base_ms),
        "per_image_ms": str(simulated.per_image_ms),
    }


def _described(tensor: Tensor, batched: bool, images: int) -> dict[str, object]:
    described = {"name": tensor.name, **_type_and_shape(tensor, batched, images)}
    if batched and not tensor.image_shape:
        # One number for each image: Triton wants a dimension, which the model does not have.
        described["reshape"] = {"shape": []}
    return described


def _type_and_shape(tensor: Tensor, batched: bool, images: int) -> dict[str, object]:
    """Of one image where Triton knows the batch, else of so many."""
    shape = tensor.image_shape if batched else tensor.shape_of(images)
    return {"data_type": f"TYPE_{tensor.datatype}", "dims": shape or (1,)}
