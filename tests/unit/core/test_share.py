from collections import Counter
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.leases.balanced_share import balanced_share

SHARDS = range(64)
NAMES = [f"worker-{at}" for at in range(12)]

shards_ = st.integers(0, len(SHARDS)).map(lambda count: list(SHARDS)[:count])
members_ = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)
held_ = st.dictionaries(st.sampled_from(SHARDS), st.sampled_from(NAMES))


def loads(share: dict[int, str], members: list[str]) -> list[int]:
    counts = Counter(share.values())
    return sorted((counts[member] for member in members), reverse=True)


def kept(share: dict[int, str], held: dict[int, str]) -> int:
    return sum(held.get(shard) == member for shard, member in share.items())


@pytest.mark.parametrize(
    ("shards", "workers", "expected"),
    [(9, 3, [3, 3, 3]), (9, 9, [1] * 9), (2, 5, [1, 1, 0, 0, 0]), (4, 1, [4]), (0, 2, [0, 0])],
)
def test_shards_are_spread_evenly(shards: int, workers: int, expected: list[int]) -> None:
    members = NAMES[:workers]
    assert loads(balanced_share(range(shards), members, {}), members) == expected


def test_without_members_nobody_has_anything() -> None:
    assert balanced_share(range(4), [], {1: "gone"}) == {}


@given(shards_, members_, held_)
def test_every_shard_has_one_member_and_no_member_two_more_than_another(
    shards: list[int], members: list[str], held: dict[int, str]
) -> None:
    share = balanced_share(shards, members, held)
    assert share.keys() == set(shards)
    assert set(share.values()) <= set(members)
    counts = loads(share, members)
    assert counts[0] - counts[-1] <= 1


@given(shards_, members_, held_, st.randoms(use_true_random=False))
def test_the_order_of_what_is_seen_makes_no_difference(
    shards: list[int], members: list[str], held: dict[int, str], random: Random
) -> None:
    expected = balanced_share(shards, members, held)
    shuffled = list(held.items())
    for each in (shards, members, shuffled):
        random.shuffle(each)
    assert balanced_share(shards, members + members[:1], dict(shuffled)) == expected


@given(shards_, members_, held_)
def test_what_is_in_balance_stays_where_it_is(
    shards: list[int], members: list[str], held: dict[int, str]
) -> None:
    share = balanced_share(shards, members, held)
    assert balanced_share(shards, members, share) == share


@given(
    st.integers(0, 5),
    st.integers(1, 3),
    st.dictionaries(st.integers(0, 4), st.sampled_from(NAMES[:4])),
)
def test_no_balanced_share_moves_fewer(shards: int, workers: int, held: dict[int, str]) -> None:
    members = NAMES[:workers]
    every = (dict(enumerate(choice)) for choice in product(members, repeat=shards))
    balanced = (s for s in every if (c := loads(s, members))[0] - c[-1] <= 1)
    most = max(kept(share, held) for share in balanced)
    assert kept(balanced_share(range(shards), members, held), held) == most


@given(shards_, members_, held_, st.data())
def test_a_plan_that_is_carried_out_bit_by_bit_moves_nothing_more(
    shards: list[int], members: list[str], held: dict[int, str], data: st.DataObject
) -> None:
    """Each gives up and takes at its own time, and plans anew from what it sees then."""
    now = {shard: member for shard, member in held.items() if shard in shards}
    stay = kept(balanced_share(shards, members, now), now)
    given_up = 0
    while (share := balanced_share(shards, members, now)) != now:
        shard = data.draw(st.sampled_from([s for s in shards if now.get(s) != share[s]]))
        if shard in now:
            del now[shard]
            given_up += 1
        else:
            now[shard] = share[shard]
    assert given_up == len([s for s in held if s in shards]) - stay
