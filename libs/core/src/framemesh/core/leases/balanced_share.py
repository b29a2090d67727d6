"""Balanced assignment of shards to the members of a group."""

from collections.abc import Collection, Mapping


def balanced_share(
    shards: Collection[int], members: Collection[str], held: Mapping[int, str]
) -> dict[int, str]:
    """The member that should hold each shard; the numbers of shards differ by at most one.

    Deterministic: members with the same input compute the same assignment, without a coordinator.
    It moves as few held shards as balance allows, and none if all are held in balance.

    Args:
        held: the current holder of each held shard. Shards whose holder is not in `members` are
            assigned anew.

    Returns:
        An empty mapping if there are no members.
    """
    unassigned: list[int] = []
    share: dict[str, list[int]] = {member: [] for member in sorted(set(members))}
    for shard in sorted(set(shards)):
        share.get(held.get(shard, ""), unassigned).append(shard)
    for member, quota in _quotas(share, len(set(shards))).items():
        unassigned += share[member][quota:]
        del share[member][quota:]
    unassigned.sort()
    for member, quota in _quotas(share, len(set(shards))).items():
        missing = quota - len(share[member])
        share[member] += unassigned[:missing]
        del unassigned[:missing]
    return {shard: member for member, assigned in share.items() for shard in assigned}


def _quotas(share: Mapping[str, Collection[int]], shards: int) -> dict[str, int]:
    """The number of shards for each member; the remainder goes to those that hold most now."""
    if not share:
        return {}
    base, remainder = divmod(shards, len(share))
    by_load = sorted(share, key=lambda member: (-len(share[member]), member))
    return {member: base + (index < remainder) for index, member in enumerate(by_load)}
