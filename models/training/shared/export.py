"""A trained network as an ONNX file in the form that framemesh serves."""

from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

OPSET = 17


def export(network: nn.Module, example: Tensor, outputs: list[str], path: Path) -> None:
    """Write `network` with the input `images` of any batch.

    Args:
        example: a batch of one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        network.eval(),
        (example,),
        str(path),
        input_names=["images"],
        output_names=outputs,
        dynamic_axes={name: {0: "batch"} for name in ("images", *outputs)},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(path)
    model.doc_string = ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, path)
