"""Writing the trained network as one ONNX file that needs nothing but onnxruntime."""

import copy
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from .network import Detector, fuse
from .settings import Grid

OPSET = 17
FORMAT = 8
"""The ONNX file format (`ir_version`) of opset 17, which onnxruntime reads since 1.12."""


class Served(nn.Module):
    """The detector as it is served: heat 0..1, and only at the peaks."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 [batch, height, width, 3] to heatmap [batch, 1, ...] and boxes [batch, 4, ...]."""
        logits, boxes = self.detector(pictures)
        heat = logits.sigmoid()
        highest = functional.max_pool2d(heat, kernel_size=3, stride=1, padding=1)
        return torch.where(heat == highest, heat, torch.zeros_like(heat)), boxes


def export(detector: Detector, grid: Grid, path: Path) -> None:
    """Writes `detector`, which stays as it is, to `path` with a batch of any size."""
    served = Served(copy.deepcopy(detector)).eval()
    fuse(served)
    example = torch.zeros(1, grid.height, grid.width, 3, dtype=torch.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("images", "heatmap", "boxes")
    torch.onnx.export(
        served,
        (example,),
        str(path),
        dynamo=False,  # the newer exporter needs one more package and writes a newer format
        opset_version=OPSET,
        input_names=list(names[:1]),
        output_names=list(names[1:]),
        dynamic_axes={name: {0: "batch"} for name in names},
    )
    _finish(path)


def _finish(path: Path) -> None:
    """Settles the file's format and checks it."""
    model = onnx.load(path)
    model.ir_version = FORMAT
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
