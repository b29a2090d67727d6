"""Weights that should lie in other files."""

from random import Random

import onnx
from onnx import TensorProto

from tests.broken_files.broken_file import BrokenFile

LOCATIONS = (
    "/etc/passwd",
    "../../../../etc/passwd",
    "missing.data",
    "link.data",
    "short.data",
    ".",
    "",
    "a\x00b",
    "/dev/zero",
)
PLACES = ("0", "-1", "99999999999", "1e3", "0x10", "9" * 40)


def weights_elsewhere(good: bytes, rng: Random) -> BrokenFile:
    """Files outside of the folder, missing, short, or at no place."""
    model = onnx.load_from_string(good)
    weight = rng.choice(model.graph.initializer)
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=rng.choice(LOCATIONS))
    weight.external_data.add(key="offset", value=rng.choice(PLACES))
    if rng.random() < 0.5:
        weight.external_data.add(key="length", value=rng.choice(PLACES))
    return BrokenFile(
        "weights elsewhere",
        bytes(model.SerializeToString()),
        beside={"short.data": b"abc"},
        links={"link.data": "/etc/passwd"},
    )
