"""Which cameras a canary has."""

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.sharding import is_canary
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


def test_about_its_share_of_the_cameras_are_its_own() -> None:
    cameras = [f"camera-{number}" for number in range(5000)]
    for share in (0.01, 0.1, 0.5):
        found = sum(is_canary(camera, share) for camera in cameras) / len(cameras)
        assert abs(found - share) < 0.02


@given(NAMES, st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_camera_of_a_smaller_share_is_of_a_larger_one(
    camera: str, one: float, other: float
) -> None:
    smaller, larger = sorted((one, other))
    assert is_canary(camera, larger) or not is_canary(camera, smaller)
    assert not is_canary(camera, 0.0)


@given(NAMES, st.integers(1, 1000), st.booleans())
def test_each_frame_has_one_shard_among_those_of_its_generation(
    camera: str, sequence: int, high: bool
) -> None:
    spec = PipelineSpec(
        "street",
        (StageSpec("people", "person"),),
        delivery=DeliverySpec(high_priority=(camera,) if high else ("other",)),
    )
    plain, split = Generation.of(1, spec), Generation.of(1, spec, canary=0.3)
    frame = FrameId(camera, "s1", sequence)
    shard = split.shard_of("street", frame)
    assert shard in split.all_shards("street")
    assert shard.canary == is_canary(camera, 0.3)
    assert shard.number == plain.shard_of("street", frame).number
    assert len({*split.all_shards("street")}) == 2 * len(plain.all_shards("street"))
