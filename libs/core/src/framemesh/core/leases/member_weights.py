"""How much of the shards each member of a group should have, by what all say of their speed."""

from collections.abc import Mapping

from framemesh.core.worker_speed import WorkerSpeed

ALIKE = 1.3
"""Workers whose speeds differ by less than this factor count as equal: measurements on a machine
with other things to do differ by as much, and each shard that moves makes its cameras wait."""


def weights(speeds: Mapping[str, WorkerSpeed | None]) -> dict[str, int]:
    """How much of the work each member should have, in proportion to its speed.

    All are equal as long as none was saturated, since each then has as much as it can take. One
    that was not counts as no slower than the others are on average.

    Args:
        speeds: by member; None for one of an earlier version, which shares out evenly, so that
            all have to.
    """
    known = [each.frames_per_minute for each in speeds.values() if each and each.saturated]
    found: dict[str, int] = {}
    average = max(1, round(sum(known) / len(known))) if known else 1
    for member, speed in speeds.items():
        if speed is None or not known:
            return dict.fromkeys(speeds, 1)
        measured = max(1, speed.frames_per_minute)
        found[member] = measured if speed.saturated else max(average, measured)
    return _alike(found)


def _alike(speeds: Mapping[str, int]) -> dict[str, int]:
    """With the average of those that are about as fast in place of each speed."""
    left = sorted(speeds, key=lambda member: (-speeds[member], member))
    found: dict[str, int] = {}
    while left:
        fastest = speeds[left[0]]
        group = [member for member in left if speeds[member] * ALIKE > fastest]
        average = max(1, round(sum(speeds[member] for member in group) / len(group)))
        found |= dict.fromkeys(group, average)
        left = left[len(group) :]
    return found
