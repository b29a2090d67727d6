"""Each family of models, through the whole mesh, gives what a reference reads in its answers.

On landscape, portrait, tiny and large pictures: classes, texts and the number of things are equal;
scores, embeddings, and places in fractions of the picture to 1e-3; masks and rasters cell by cell,
as tests/model_families/comparison.py says.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from framemesh.core.documents.document import dump
from framemesh.core.outcome import Fate
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.messages import outcome_message
from tests.e2e import recipe_files
from tests.e2e.mesh import Mesh
from tests.model_families.comparison import assert_same
from tests.model_families.families import KINDS, family
from tests.model_families.family import FamilyModel
from tests.model_families.planted import PICTURE_SIZES, picture, png

FEW = (
    "ctc",
    "embedding",
    "mask-rcnn",
    "multi-label",
    "rt-detr",
    "simcc",
    "yolov8-float16",
    "yolov8-obb",
)
"""Of each kind of result. All take minutes (`make families`), and each is tried without a mesh."""

AT_ONCE = 12
"""Models of one pipeline: what they find in a frame must fit into one outcome."""

GROUPS = [
    pytest.param(FEW, id="few"),
    *(
        pytest.param(tuple(made), id=kind, marks=pytest.mark.families)
        for kind, made in KINDS.items()
    ),
]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.timeout(240)
@pytest.mark.blocks_loop("calls the models directly, and encodes large pictures")
@pytest.mark.parametrize("names", GROUPS)
async def test_what_comes_out_is_what_the_family_defines(
    mesh: Mesh, names: Sequence[str], tmp_path: Path
) -> None:
    await assert_mesh_finds(mesh, [family(name) for name in names], tmp_path)


@pytest.mark.timeout(300)
@pytest.mark.families
@pytest.mark.blocks_loop("calls the models directly, and encodes large pictures")
async def test_files_that_another_hand_built_give_what_their_author_reads(
    mesh: Mesh, tmp_path: Path
) -> None:
    if not recipe_files.SCRIPTS.is_dir():
        pytest.skip("the scripts of the files are not beside the checkout")
    models = recipe_files.recipe_models(recipe_files.built(tmp_path / "built"))
    assert len(models) == len(list((tmp_path / "built/recipes/models").glob("s*")))
    for group in batched(models.values(), AT_ONCE):
        await assert_mesh_finds(mesh, group, tmp_path)
        await mesh.delete_all()


async def assert_mesh_finds(mesh: Mesh, models: Sequence[FamilyModel], folder: Path) -> None:
    """The models are added as users do it, and each is a stage of one pipeline."""
    for model in models:
        await mesh.add_model(folder_of(model, folder))
    stages = tuple(StageSpec(model.name, model.name) for model in models)
    await mesh.apply(PipelineSpec("families", stages))
    await mesh.push("families", "camera", [png(size) for size in PICTURE_SIZES])
    outcomes = await mesh.outcomes("families", len(PICTURE_SIZES))
    by_sequence = {each.frame.sequence: each for each in outcomes}
    for number, size in enumerate(PICTURE_SIZES, 1):
        outcome = outcome_message.from_proto(by_sequence[number])
        assert outcome.fate is Fate.DONE, f"{size}: {outcome.reason}: {outcome.detail}"
        for model in models:
            found = [one for one in outcome.detections if one.stage == model.name]
            assert_same(found, model.expected(picture(size)))


def folder_of(model: FamilyModel, parent: Path) -> Path:
    """A model folder with the file of a model and its manifest."""
    folder = parent / model.name
    folder.mkdir()
    (folder / model.manifest.file).write_bytes(model.file)
    # YAML reads JSON.
    (folder / "model.yaml").write_text(json.dumps(dump(model.manifest)))
    return folder


def batched(models: Iterable[FamilyModel], size: int) -> Iterator[list[FamilyModel]]:
    left = iter(models)
    while group := list(islice(left, size)):
        yield group
