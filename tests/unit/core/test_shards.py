from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.sharding import camera_shard, fnv1a, rotating_shard, rotation_start


@given(st.integers(1, 20), st.integers(1, 1000), st.integers(1, 100), st.text(max_size=8))
def test_any_run_of_a_session_is_spread_evenly(
    shards: int, first: int, length: int, session: str
) -> None:
    start = rotation_start("door", session)
    used = Counter(dict.fromkeys(range(shards), 0))
    for sequence in range(first, first + length):
        used[rotating_shard(start, FrameId("door", session, sequence), shards)] += 1
    assert max(used.values()) - min(used.values()) <= 1


@given(st.integers(1, 64))
def test_many_cameras_are_spread_over_all_shards(shards: int) -> None:
    used = Counter(camera_shard(f"camera-{number}", shards) for number in range(40 * shards))
    assert set(used) == set(range(shards))
    assert max(used.values()) <= 4 * 40


def test_fnv1a_gives_the_published_values() -> None:
    # From the test vectors of the FNV reference implementation.
    assert fnv1a("") == 0x811C9DC5
    assert fnv1a("a") == 0xE40C292C
    assert fnv1a("foobar") == 0xBF9CF968
