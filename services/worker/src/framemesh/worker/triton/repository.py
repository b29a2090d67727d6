"""The folder that Triton serves models from, and the configuration of each model in it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from framemesh.core.model import ModelManifest
from framemesh.worker.triton.tensors import Signature, Tensor

CPU, GPU = "KIND_CPU", "KIND_GPU"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version of a model, as Triton is to serve it."""

    manifest: ModelManifest
    version: int
    onnx: Path
    signature: Signature
    instances: int
    kind: str = CPU

    @property
    def name(self) -> str:
        """What Triton calls it. A pipeline may use two versions of a model, whose configurations
        differ, so each is a model of its own there. A dash and a number at its end cannot be
        mistaken: the version always follows the last dash."""
        return f"{self.manifest.name}-{self.version}"

    def config(self) -> str:
        """The config.pbtxt, complete: Triton need not load the model once more to fill gaps, which
        takes a second and a half."""
        batched = self.manifest.max_batch > 1
        config = ModelConfig(
            name=self.name,
            backend="onnxruntime",
            max_batch_size=self.manifest.max_batch if batched else 0,
            input=[_described(tensor, batched) for tensor in self.signature.inputs],
            output=[_described(tensor, batched) for tensor in self.signature.outputs],
            instance_group=[{"kind": self.kind, "count": self.instances}],
        )
        # The instances share the CPUs already; onnxruntime would start a thread a CPU in each.
        config.parameters["intra_op_thread_count"].string_value = "1"
        config.parameters["inter_op_thread_count"].string_value = "1"
        return str(text_format.MessageToString(config))


def write_repository(folder: Path, deployments: Sequence[Deployment]) -> None:
    """Make `folder` serve exactly these models."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for deployment in deployments:
        model = folder / deployment.name
        (model / str(deployment.version)).mkdir(parents=True, exist_ok=True)
        (model / "config.pbtxt").write_text(deployment.config())
        file = model / str(deployment.version) / "model.onnx"
        file.unlink(missing_ok=True)
        file.symlink_to(deployment.onnx.resolve())


def _described(tensor: Tensor, batched: bool) -> dict[str, object]:
    return {
        "name": tensor.name,
        "data_type": f"TYPE_{tensor.datatype}",
        "dims": tensor.picture_shape if batched else (1, *tensor.picture_shape),
    }
