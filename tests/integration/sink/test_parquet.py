"""Parquet files are read back as the results that they were made of."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from framemesh.core.detection import (
    Box,
    ClassArea,
    Detection,
    Keypoint,
    Mask,
    Point,
    Raster,
    RasterKind,
)
from framemesh.core.outcome import Fate
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.outcome_json import outcome_to_json
from tests.integration.sink.kinds import Parquet
from tests.integration.sink.world import CAR, PERSON, World, outcome

pytestmark = pytest.mark.loop_limit(2.0)
"""What is tested runs in other processes; starting one takes long where the machine is busy."""


EVERYTHING = Detection(
    stage="people",
    label="person",
    class_id=1,
    score=0.875,
    box=Box(0.1, 0.2, 0.3, 0.4),
    parent=0,
    corners=(Point(0.1, 0.2), Point(0.3, 0.4)),
    keypoints=(Keypoint(Point(0.5, 0.25), 0.75),),
    mask=Mask(4, 2, (3, 5)),
    raster=Raster(
        RasterKind.CLASSES, 2, 1, zlib.compress(b"\0\1"), 0.0, 1.0, (ClassArea(1, "road", 0.5),)
    ),
    text="AB 12 \u00e4",
    embedding=(0.5, -1.25),
)
OUTCOMES = [
    outcome("north", 1, detections=(PERSON, EVERYTHING)),
    outcome("north", 2, detections=()),
    outcome("south", 1, Fate.DEAD),
    outcome("south", 2, detections=(CAR,)),
]


async def test_read_back_they_equal_the_results(world: World, tmp_path: Path) -> None:
    kind = Parquet(tmp_path)
    await world.add(kind.spec())
    await world.store(*OUTCOMES)
    async with world.running():
        await world.caught_up("yard")
    rows = [
        row
        for file in sorted(kind.folder.glob("*.parquet"))
        for row in pyarrow.parquet.read_table(file).to_pylist()
    ]
    assert list(map(_as_json, rows)) == [
        json.loads(json.dumps(outcome_to_json(outcome_message.to_proto(each)))) for each in OUTCOMES
    ]


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    """What a result does not have is null in a column, and left out in its JSON."""
    row["timings_us"] = dict(row["timings_us"])
    row["detections"] = list(map(_detection, row["detections"]))
    return row


def _detection(found: dict[str, Any]) -> dict[str, Any]:
    if found["raster"]:
        found["raster"]["values"] = base64.b64encode(found["raster"]["values"]).decode()
    always = {"box", "parent"}
    return {name: value for name, value in found.items() if value is not None or name in always}
