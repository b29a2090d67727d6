"""Tiles cover the image, overlap, and what two of them show is one thing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.detection import Box, Detection, Keypoint, Point
from framemesh.core.pipeline.results import MAX_TILES
from framemesh.core.pipeline.stage_spec import TilesSpec
from framemesh.worker.engine.tiles import merged, tiles_of
from framemesh.worker.errors import TooManyTiles


def boat(*sides: float, score: float = 0.9, class_id: int = 0) -> Detection:
    return Detection("boats", f"class {class_id}", class_id, score, Box(*sides))


@given(
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.integers(200, 900),
    st.floats(0.0, 0.5),
)
def test_tiles_cover_the_image_from_edge_to_edge_and_overlap(
    width: int, height: int, size: int, overlap: float
) -> None:
    tiles = [tile for tile in tiles_of(width, height, TilesSpec(size, overlap)) if tile]
    assert {(tile.width, tile.height) for tile in tiles} == {(min(size, width), min(size, height))}
    for starts, length in (
        (sorted({tile.left for tile in tiles}), width),
        (sorted({tile.top for tile in tiles}), height),
    ):
        assert starts[0] == 0
        assert starts[-1] + min(size, length) == length
        # Starts are whole pixels, so an overlap may be one less.
        assert all(b - a <= size * (1 - overlap) + 1 for a, b in pairwise(starts))


def test_a_small_image_is_one_tile_and_not_seen_twice() -> None:
    (tile,) = tiles_of(100, 50, TilesSpec(640, whole=True))
    assert tile is not None
    assert tile.box == Box(0, 0, 1, 1)


def test_the_whole_image_comes_last_where_it_is_wanted() -> None:
    tiles = tiles_of(1000, 500, TilesSpec(500, 0.0, whole=True))
    assert [tile and (tile.left, tile.top) for tile in tiles] == [(0, 0), (500, 0), None]


def test_an_image_of_too_many_tiles_is_refused_with_both_numbers() -> None:
    with pytest.raises(TooManyTiles, match=f"16384 tiles of 64, and {MAX_TILES}"):
        tiles_of(8192, 8192, TilesSpec(64, 0.0))


def test_a_thing_on_the_border_of_two_tiles_is_one_with_both_parts() -> None:
    left, right = boat(0.4, 0.4, 0.55, 0.5, score=0.8), boat(0.45, 0.4, 0.62, 0.5, score=0.9)
    (whole,) = merged([[left], [right]])
    assert whole == boat(0.4, 0.4, 0.62, 0.5, score=0.9)


def test_neighbours_within_one_tile_stay_two() -> None:
    two = [boat(0.1, 0.1, 0.3, 0.3), boat(0.12, 0.1, 0.3, 0.3, score=0.5)]
    assert merged([two, []]) == two


def test_things_of_two_classes_stay_two() -> None:
    car, boat_ = boat(0.1, 0.1, 0.3, 0.3, class_id=1), boat(0.1, 0.1, 0.3, 0.3, score=0.5)
    assert merged([[car], [boat_]]) == [car, boat_]


def test_a_thing_with_keypoints_keeps_its_own_box() -> None:
    pose = Detection(
        "poses", "person", 0, 0.9, Box(0.1, 0.1, 0.3, 0.3), keypoints=(Keypoint(Point(0, 0), 1),)
    )
    part = Detection("poses", "person", 0, 0.5, Box(0.15, 0.1, 0.35, 0.3))
    assert merged([[pose], [part]]) == [pose]


def test_nothing_is_merged_to_nothing() -> None:
    assert merged([[], []]) == []
