"""The fields of a manifest's `input` that a file and the custom of its family lead to."""

from typing import Any

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.preparation import Preparation

DTYPES = {"FP32": "float32", "FP16": "float16", "UINT8": "uint8", "INT32": "int32"}
PLAIN = ("uint8", "int32")
ARITHMETIC = ("scale", "mean", "std")


def input_fields(
    facts: ModelFacts, preparation: Preparation, width: int, height: int
) -> dict[str, Any]:
    """As a model.yaml has them. Of a type that no worker writes, `dtype` is the file's word."""
    image = facts.image
    dtype = DTYPES.get(image.tensor.datatype, image.tensor.datatype)
    prepared = dict(preparation.fields)
    if dtype in PLAIN:  # the graph does the arithmetic
        prepared = {name: value for name, value in prepared.items() if name not in ARITHMETIC}
    if image.channels == 1:
        prepared["color"] = "gray"
    return {
        "name": image.tensor.name,
        "width": width,
        "height": height,
        "layout": str(image.layout),
        "dtype": dtype,
        "color": "rgb",
        **prepared,
    }
