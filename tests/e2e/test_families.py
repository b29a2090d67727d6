"""Each family of models, through the whole mesh, gives what a reference reads in its answers.

On landscape, portrait, tiny and large pictures: classes, texts and the number of things are equal;
scores, embeddings, and places in fractions of the picture to 1e-3; masks and rasters cell by cell,
as tests/model_families/comparison.py says.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from framemesh.core.documents.document import dump
from framemesh.core.pipeline.spec import PipelineSpec, StageSpec
from framemesh.runtime.messages import outcome_message
from tests.e2e.mesh import Mesh
from tests.model_families.comparison import assert_same
from tests.model_families.families import KINDS, family
from tests.model_families.planted import PICTURE_SIZES, picture, png

FEW = (
    "ctc",
    "deeplab-finer-than-a-raster",
    "embedding",
    "mask-rcnn",
    "multi-label",
    "paddle",
    "rt-detr",
    "scrfd",
    "simcc",
    "tf-detection",
    "yolo-end2end-pose",
    "yolov8-float16",
    "yolov8-obb",
    "yolov8-seg",
)
"""Of each kind of file, input and result. All take minutes: `make families`."""

GROUPS = [
    pytest.param(FEW, id="few"),
    *(
        pytest.param(tuple(made), id=kind, marks=pytest.mark.families)
        for kind, made in KINDS.items()
    ),
]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.timeout(180)
@pytest.mark.blocks_loop("calls the models directly, and encodes large pictures")
@pytest.mark.parametrize("names", GROUPS)
async def test_what_comes_out_is_what_the_family_defines(
    mesh: Mesh, names: Sequence[str], tmp_path: Path
) -> None:
    """The models are added as users do it, and each is a stage of one pipeline."""
    for name in names:
        await mesh.add_model(folder_of(name, tmp_path))
    await mesh.apply(PipelineSpec("families", tuple(StageSpec(name, name) for name in names)))
    await mesh.push("families", "camera", [png(size) for size in PICTURE_SIZES])
    outcomes = await mesh.outcomes("families", len(PICTURE_SIZES))
    by_sequence = {each.frame.sequence: each for each in outcomes}
    for number, size in enumerate(PICTURE_SIZES, 1):
        outcome = outcome_message.from_proto(by_sequence[number])
        for name in names:
            found = [one for one in outcome.detections if one.stage == name]
            assert_same(found, family(name).expected(picture(size)))


def folder_of(name: str, parent: Path) -> Path:
    """A model folder with the file of a family and its manifest."""
    folder = parent / name
    folder.mkdir()
    manifest = family(name).manifest
    (folder / manifest.file).write_bytes(family(name).file)
    # YAML reads JSON.
    (folder / "model.yaml").write_text(json.dumps(dump(manifest)))
    return folder
