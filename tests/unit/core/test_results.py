"""A pipeline whose outcomes may be too large for a message is refused with the figures."""

import pytest

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.results import (
    MAX_MERGED,
    MAX_TILES,
    OTHER_BYTES,
    STAGE_BYTES,
    ResultBound,
    check_results,
)
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec, TilesSpec

PEOPLE = StageSpec("people", "person")
MASKS = StageSpec("masks", "outlines", for_each=("people",))
BOUNDS = {"people": ResultBound(100, 200), "masks": ResultBound(10, 2300)}
TOTAL = OTHER_BYTES + 2 * STAGE_BYTES + 100 * 200 + 100 * 10 * 2300


def test_each_crop_has_as_many_detections_as_its_model_tells() -> None:
    spec = PipelineSpec("street", (PEOPLE, MASKS))
    check_results(spec, BOUNDS, TOTAL)
    with pytest.raises(InvalidDocument) as refused:
        check_results(spec, BOUNDS, TOTAL - 1)
    assert str(refused.value) == (
        "pipeline: stages[1].model: an outcome may take 2,324,416 bytes, and the broker takes "
        "2,324,415: 2,300,000 of stage 'masks', with 1,000 detections in 100 crops of 'people'. "
        "Lower decoder.max_detections of model 'outlines' or model 'person'"
    )


def test_crops_of_crops_multiply() -> None:
    inner = StageSpec("eyes", "eye", for_each=("masks",))
    spec = PipelineSpec("street", (PEOPLE, MASKS, inner))
    bounds = {**BOUNDS, "eyes": ResultBound(2, 10)}
    check_results(spec, bounds, TOTAL + STAGE_BYTES + 1000 * 2 * 10)
    with pytest.raises(InvalidDocument):
        check_results(spec, bounds, TOTAL + STAGE_BYTES + 1000 * 2 * 10 - 1)


@pytest.mark.parametrize(
    ("bound", "tiles", "detections"),
    [
        (ResultBound(100, 1000), TilesSpec(), MAX_MERGED),
        (ResultBound(1, 1000), TilesSpec(), MAX_TILES),
        (ResultBound(1, 1000), TilesSpec(whole=True), MAX_TILES + 1),
        (ResultBound(3, 1000, boxes=False), TilesSpec(), 3 * MAX_TILES),
    ],
)
def test_of_tiles_the_boxes_are_merged_and_the_rest_is_told_by_each(
    bound: ResultBound, tiles: TilesSpec, detections: int
) -> None:
    spec = PipelineSpec("sea", (StageSpec("ships", "ship", tiles=tiles),))
    check_results(spec, {"ships": bound}, OTHER_BYTES + STAGE_BYTES + detections * 1000)
    with pytest.raises(InvalidDocument, match=f"{detections:,} detections in .* tiles"):
        check_results(spec, {"ships": bound}, OTHER_BYTES + STAGE_BYTES + detections * 1000 - 1)
