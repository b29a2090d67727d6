"""How shards are shared out among members of equal and of unequal weight."""

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from framemesh.core.leases.balanced_share import balanced_share

MEMBERS = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)
WEIGHTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 100_000), min_size=1)
HELD = st.dictionaries(st.integers(0, 19), st.sampled_from("abcdefghxy"))


def numbers(shards: int, weights: dict[str, int]) -> dict[str, int]:
    return dict(Counter(balanced_share(range(shards), weights, {}).values()))


def evenly(shards: range, members: list[str], held: dict[int, str]) -> dict[int, str]:
    """The rule for equal members alone, written down once more."""
    share: dict[str, list[int]] = {member: [] for member in sorted(members)}
    free: list[int] = []
    for shard in shards:
        share.get(held.get(shard, ""), free).append(shard)
    for cut in (True, False):
        base, remainder = divmod(len(shards), len(share))
        ranked = sorted(share, key=lambda member: (-len(share[member]), member))
        for at, member in enumerate(ranked):
            quota = base + (at < remainder)
            if cut:
                free += share[member][quota:]
                del share[member][quota:]
            else:
                missing = quota - len(share[member])
                share[member] += free[:missing]
                del free[:missing]
        free.sort()
    return {shard: member for member, mine in share.items() for shard in mine}


@given(st.integers(0, 20), MEMBERS.filter(bool), HELD, st.integers(1, 1000))
def test_equal_weights_share_evenly_with_the_fewest_moves(
    shards: int, members: list[str], held: dict[int, str], weight: int
) -> None:
    found = balanced_share(range(shards), dict.fromkeys(members, weight), held)
    assert found == evenly(range(shards), members, held)


@given(st.integers(0, 20), WEIGHTS, HELD)
def test_every_shard_has_a_member_and_every_member_one_if_there_are_enough(
    shards: int, weights: dict[str, int], held: dict[int, str]
) -> None:
    found = balanced_share(range(shards), weights, held)
    assert found.keys() == {*range(shards)}
    counts = Counter(found.values())
    assert shards < len(weights) or counts.keys() == weights.keys()
    if shards >= len(weights):
        # No more than the claim of each, rounded up.
        total = sum(weights.values())
        assert all(
            counts[each] <= -(-shards * weights[each] // total) or counts[each] == 1
            for each in weights
        )


@given(st.integers(0, 20), WEIGHTS, HELD)
@example(shards=7, weights={"a": 1, "b": 3, "c": 5, "d": 5}, held={0: "d"})
def test_what_is_shared_out_is_left_as_it_is(
    shards: int, weights: dict[str, int], held: dict[int, str]
) -> None:
    once = balanced_share(range(shards), weights, held)
    assert balanced_share(range(shards), weights, once) == once


def test_shards_are_in_proportion_to_the_weights() -> None:
    assert numbers(10, {"slow": 750, "fast": 3000}) == {"slow": 2, "fast": 8}
    assert numbers(5, {"slow": 1, "fast": 4}) == {"slow": 1, "fast": 4}


def test_the_slowest_keeps_one_shard() -> None:
    assert numbers(4, {"slow": 1, "fast": 1000}) == {"slow": 1, "fast": 3}
    assert numbers(4, {"a": 1, "b": 1, "fast": 1000, "other": 990}) == {
        "a": 1,
        "b": 1,
        "fast": 1,
        "other": 1,
    }


def test_the_fastest_have_the_shards_where_there_are_fewer_than_workers() -> None:
    assert numbers(2, {"a": 10, "b": 10, "fast": 30, "other": 30}) == {"fast": 1, "other": 1}


def test_only_the_shards_move_that_have_to() -> None:
    held = {shard: "ab"[shard % 2] for shard in range(10)}
    after = balanced_share(range(10), {"a": 1, "b": 4}, held)
    assert sum(after[shard] != held[shard] for shard in range(10)) == 3
