"""Balanced assignment of shards to the members of a group."""

from collections.abc import Collection, Mapping


def balanced_share(
    shards: Collection[int], weights: Mapping[str, int], held: Mapping[int, str]
) -> dict[int, str]:
    """The member that should hold each shard; their numbers are in proportion to the weights.

    Of equal weights the numbers differ by at most one. Each member has at least one shard if there
    are enough. Deterministic: members with the same input compute the same assignment, without a
    coordinator. It moves as few held shards as balance allows, and none if all are held in balance.

    Args:
        weights: of each member, at least 1.
        held: the current holder of each held shard. Shards whose holder is no member are assigned
            anew.

    Returns:
        An empty mapping if there are no members.
    """
    unassigned: list[int] = []
    share: dict[str, list[int]] = {member: [] for member in sorted(weights)}
    for shard in sorted(set(shards)):
        share.get(held.get(shard, ""), unassigned).append(shard)
    for member, quota in _quotas(share, weights, len(set(shards))).items():
        unassigned += share[member][quota:]
        del share[member][quota:]
    unassigned.sort()
    for member, quota in _quotas(share, weights, len(set(shards))).items():
        missing = quota - len(share[member])
        share[member] += unassigned[:missing]
        del unassigned[:missing]
    return {shard: member for member, assigned in share.items() for shard in assigned}


def _quotas(
    share: Mapping[str, Collection[int]], weights: Mapping[str, int], shards: int
) -> dict[str, int]:
    """The number of shards for each member, by the largest remainders; of equal ones, those that
    hold most now, over the whole part of their claim, have the greater claim."""
    if not share:
        return {}
    total = sum(weights.values())
    quotas = {member: shards * weights[member] // total for member in share}
    by_claim = sorted(
        share,
        key=lambda member: (
            -(shards * weights[member] % total),
            quotas[member] - len(share[member]),
            member,
        ),
    )
    for member in by_claim[: shards - sum(quotas.values())]:
        quotas[member] += 1
    if shards >= len(share):
        claims = {member: shards * weights[member] for member in share}
        _give_each_one(quotas, claims, total, share)
    return {member: quotas[member] for member in by_claim}


def _give_each_one(
    quotas: dict[str, int],
    claims: Mapping[str, int],
    total: int,
    share: Mapping[str, Collection[int]],
) -> None:
    """Take from those that have most above their claim, in parts of `total`; of equal ones, those
    that have most of it still to get are the first to give."""
    for member in sorted(member for member, quota in quotas.items() if not quota):
        giver = max(
            (each for each, quota in quotas.items() if quota > 1),
            key=lambda each: (
                quotas[each] * total - claims[each],
                quotas[each] - len(share[each]),
                each,
            ),
        )
        quotas[giver] -= 1
        quotas[member] = 1
