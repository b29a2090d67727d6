"""Seeded broken files, of each kind in turn."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import onnx

from tests.broken_files.broken_file import BrokenFile
from tests.broken_files.byte_damage import BYTE_DAMAGE
from tests.broken_files.graph_damage import GRAPH_DAMAGE
from tests.broken_files.weight_damage import weights_elsewhere
from tests.model_families.signatures import SIGNATURES

PERSON = Path(__file__).parents[2] / "models/person/1/model.onnx"

FAMILIES = ("a classifier with softmax", "YOLOv8", "YOLO26", "RF-DETR", "anomalib")

KINDS = (*BYTE_DAMAGE, *GRAPH_DAMAGE, "weights elsewhere")


def broken_files(count: int, seed: int) -> Iterator[BrokenFile]:
    """So many files; the same seed gives the same ones."""
    for number in range(count):
        rng = Random(f"{seed}/{number}")  # noqa: S311 - no secret
        yield _broken(KINDS[number % len(KINDS)], rng.choice(_good_files()), rng)


def _broken(kind: str, good: bytes, rng: Random) -> BrokenFile:
    if damage := BYTE_DAMAGE.get(kind):
        return BrokenFile(kind, damage(good, rng))
    if change := GRAPH_DAMAGE.get(kind):
        model = onnx.load_from_string(good)
        change(model, rng)
        return BrokenFile(kind, bytes(model.SerializeToString()))
    return weights_elsewhere(good, rng)


@cache
def _good_files() -> tuple[bytes, ...]:
    return (*(SIGNATURES[name].file() for name in FAMILIES), PERSON.read_bytes())
