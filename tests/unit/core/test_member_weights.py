"""What each worker should have by what all announce of their speed."""

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.leases.member_weights import weights
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed

SPEEDS = st.builds(WorkerSpeed, st.integers(0, 100_000), st.booleans())


def saturated(frames_per_minute: int) -> WorkerSpeed:
    return WorkerSpeed(frames_per_minute, saturated=True)


def at_least(frames_per_minute: int) -> WorkerSpeed:
    return WorkerSpeed(frames_per_minute, saturated=False)


def test_while_no_worker_has_too_much_all_are_equal() -> None:
    assert weights({"a": at_least(3000), "b": at_least(700), "c": UNKNOWN_SPEED}) == {
        "a": 1,
        "b": 1,
        "c": 1,
    }


def test_weights_are_in_proportion_to_the_speeds() -> None:
    assert weights({"slow": saturated(750), "fast": saturated(3000)}) == {"slow": 750, "fast": 3000}


def test_one_that_was_never_saturated_does_at_least_what_was_seen() -> None:
    assert weights({"slow": saturated(750), "fast": at_least(2200)}) == {"slow": 750, "fast": 2200}


def test_one_of_which_nothing_is_known_counts_as_one_of_the_others() -> None:
    found = weights({"slow": saturated(750), "fast": saturated(2250), "new": UNKNOWN_SPEED})
    assert found["new"] == 1500


def test_workers_that_are_about_as_fast_are_equal() -> None:
    found = weights({"a": saturated(3000), "b": saturated(2400), "c": saturated(1000)})
    assert found == {"a": 2700, "b": 2700, "c": 1000}


def test_with_a_worker_of_an_earlier_version_all_share_evenly_as_it_does() -> None:
    assert weights({"old": None, "slow": saturated(750), "fast": saturated(3000)}) == {
        "old": 1,
        "slow": 1,
        "fast": 1,
    }


def test_nobody_has_no_weight() -> None:
    assert weights({}) == {}


@given(st.dictionaries(st.text("abcdef", min_size=1), st.none() | SPEEDS, max_size=8))
def test_every_member_has_a_weight_and_faster_ones_have_no_less(
    speeds: dict[str, WorkerSpeed | None],
) -> None:
    found = weights(speeds)
    assert found.keys() == speeds.keys()
    assert all(weight >= 1 for weight in found.values())
    known = {name: each for name, each in speeds.items() if each and each.saturated}
    for name, speed in known.items():
        for other, slower in known.items():
            if speed.frames_per_minute >= slower.frames_per_minute:
                assert found[name] >= found[other]
