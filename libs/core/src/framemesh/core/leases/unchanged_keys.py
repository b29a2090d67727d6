"""Which keys of a bucket nobody renews any more, by what its reader saw.

The broker removes a key that is not renewed. But nats-server (seen with 2.15.1) forgets removals
when it is killed: keys that were deleted, or had expired, are there again after its next start, and
do not expire any more. A member that is long gone would have its share of the shards for ever.
"""

from collections.abc import Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key")

OUTDATED_SECONDS = 6.0
"""For which a key was read again and again without a change: twice as long as one that is not
renewed lasts at a broker that is well, and six times as long as between two renewals."""

LONGEST_GAP_SECONDS = 1.0
"""Between two reads that counts in full. While the broker was away, nobody could renew a key; its
holder has as long as any other to do so afterwards."""


class UnchangedKeys(Generic[Key]):
    """How long each key was read without a change."""

    def __init__(self) -> None:
        self._kept: dict[Key, tuple[int, float]] = {}
        """With the sequence number of each key, and the seconds for which it was seen."""
        self._read_at: float | None = None

    def outdated(self, sequences: Mapping[Key, int], now: float) -> list[Key]:
        """Those of the keys that were just read of which nobody will hear again.

        Args:
            sequences: the sequence number of the last write of each key.
            now: seconds of a monotonic clock.
        """
        since = 0.0 if self._read_at is None else min(now - self._read_at, LONGEST_GAP_SECONDS)
        self._read_at = now
        kept: dict[Key, tuple[int, float]] = {}
        for key, sequence in sequences.items():
            before = self._kept.get(key)
            unchanged = before is not None and before[0] == sequence
            kept[key] = (sequence, before[1] + since if before and unchanged else 0.0)
        self._kept = kept
        return [key for key, (_, seconds) in kept.items() if seconds >= OUTDATED_SECONDS]
