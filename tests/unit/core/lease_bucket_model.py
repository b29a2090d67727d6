"""The bucket of leases in memory, with its time in ticks."""

import sys
from collections import deque
from dataclasses import dataclass

from framemesh.core.leases.lease_member import TTL_SECONDS, BucketSnapshot, LeaseEntry
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed

TICK_SECONDS = 0.05

REMEMBERED_TICKS = 20
"""How old the snapshot of a replica that lags may be."""


def ticks(seconds: float) -> int:
    return round(seconds / TICK_SECONDS)


class Refused(Exception):
    """A compare-and-set found something else."""


@dataclass(slots=True)
class Key:
    """A key of a worker, or of a shard."""

    value: LeaseEntry
    expires: int


class Bucket:
    """What the broker has; all times are given to it."""

    def __init__(self) -> None:
        self._now = 0
        self._sequence = 1000
        self._keys: dict[str | int, Key] = {}
        self._speeds: dict[str, WorkerSpeed] = {}
        """What each member announced last."""
        self._removed: dict[str | int, Key] = {}
        """The last of each key that is not there any more."""
        self._snapshots: deque[BucketSnapshot] = deque([self.snapshot()], maxlen=REMEMBERED_TICKS)

    def tick(self) -> None:
        self._now += 1
        self._keep({name: key for name, key in self._keys.items() if key.expires > self._now})
        self._snapshots.append(self.snapshot())

    def snapshot(self) -> BucketSnapshot:
        entries = {key: kept.value for key, kept in self._keys.items() if isinstance(key, int)}
        members = {key: self._speeds[key] for key in self._keys if isinstance(key, str)}
        announced = {name: self._keys[name].value.sequence for name in members}
        return BucketSnapshot(members, entries, announced)

    def earlier_snapshot(self, age: int) -> BucketSnapshot:
        """What a replica shows that is so many ticks behind."""
        return self._snapshots[max(0, len(self._snapshots) - age)]

    def announce(self, member: str, speed: WorkerSpeed = UNKNOWN_SPEED) -> int:
        self._speeds[member] = speed
        return self._write(member, member, 0)

    def withdraw(self, member: str) -> int:
        self._keep({name: key for name, key in self._keys.items() if name != member})
        return 0

    def crash(self) -> None:
        """What was removed is there again, and does not expire."""
        for name, key in self._removed.items():
            if name not in self._keys:
                self._keys[name] = Key(key.value, sys.maxsize)
        self._removed = {}

    @property
    def has_returned(self) -> bool:
        """Whether some of that is still there."""
        return any(key.expires == sys.maxsize for key in self._keys.values())

    def _keep(self, keys: dict[str | int, Key]) -> None:
        self._removed |= {name: key for name, key in self._keys.items() if name not in keys}
        self._keys = keys

    def write(self, shard: int, member: str, epoch: int, expected: int) -> int:
        """Create where `expected` is 0, else renew."""
        found = self._keys.get(shard)
        if (found.value.sequence if found else 0) != expected:
            raise Refused
        return self._write(shard, member, epoch)

    def delete(self, sequence: int) -> int:
        keys = self._keys.items()
        self._keep({name: key for name, key in keys if key.value.sequence != sequence})
        return 0

    def get(self, shard: int) -> LeaseEntry | None:
        found = self._keys.get(shard)
        return found.value if found else None

    def _write(self, name: str | int, member: str, epoch: int) -> int:
        self._sequence += 1
        value = LeaseEntry(member, epoch or self._sequence, self._sequence)
        self._keys[name] = Key(value, self._now + ticks(TTL_SECONDS))
        return self._sequence
