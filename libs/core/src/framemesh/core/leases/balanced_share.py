"""Which member of a group should have which shard."""

from collections.abc import Collection, Mapping


def balanced_share(
    shards: Collection[int], members: Collection[str], held: Mapping[int, str]
) -> dict[int, str]:
    """The member that should have each shard: as many for each as for any other, or one more.

    Whoever sees the same comes to the same, so nobody has to tell the others. As few shards move
    away from a member that holds them as balance allows; where everything is held in balance, none.

    Args:
        held: who has a shard now. Shards of those who are no members need a new one.

    Returns:
        Nothing where there is no member.
    """
    homeless: list[int] = []
    share: dict[str, list[int]] = {member: [] for member in sorted(set(members))}
    for shard in sorted(set(shards)):
        share.get(held.get(shard, ""), homeless).append(shard)
    for member, room in _rooms(share, len(set(shards))).items():
        homeless += share[member][room:]
        del share[member][room:]
    homeless.sort()
    for member, room in _rooms(share, len(set(shards))).items():
        taken = room - len(share[member])
        share[member] += homeless[:taken]
        del homeless[:taken]
    return {shard: member for member, mine in share.items() for shard in mine}


def _rooms(share: Mapping[str, Collection[int]], shards: int) -> dict[str, int]:
    """How many shards each member should have; who has most now keeps the odd ones."""
    if not share:
        return {}
    each, odd = divmod(shards, len(share))
    by_load = sorted(share, key=lambda member: (-len(share[member]), member))
    return {member: each + (at < odd) for at, member in enumerate(by_load)}
