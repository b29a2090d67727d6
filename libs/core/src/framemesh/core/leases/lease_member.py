"""Leases of shards: the state of one member (worker), and its decisions.

No I/O: the caller passes in the answers of the lease bucket and the times of the requests.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.leases.balanced_share import balanced_share
from framemesh.core.leases.member_weights import weights
from framemesh.core.leases.unchanged_keys import UnchangedKeys
from framemesh.core.worker_speed import WorkerSpeed

TTL_SECONDS = 3
"""After which the broker deletes a key that was not renewed; in whole seconds only. With the poll
intervals below, the shards of a killed worker are leased again within 4 s: the longest time that a
camera should wait. With a shorter one, a restart of the broker would cost every lease."""

RENEW_SECONDS = 1.0
"""Interval of renewals: there is time for a second one if the first gets no answer."""

MARGIN_SECONDS = 0.5
"""A lease counts as lost this long before it expires at the broker: cancelled work needs time to
end, and after an election the new leader has another clock."""

POLL_SECONDS = 0.75
"""Interval of reading the bucket while no shard moves."""

FAST_POLL_SECONDS = 0.25
"""The same while shards move: a released shard waits at most this long for its next holder."""


class LeaseLost(FramemeshError):
    """Another worker holds the shard; the former holder must stop working on it."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class LeaseEntry:
    """The entry of one leased shard in the bucket."""

    member: str
    epoch: int
    sequence: int
    """Sequence number of the last write; required to change the entry."""


@dataclass(frozen=True, slots=True)
class BucketSnapshot:
    """The content of the bucket at one moment."""

    members: Mapping[str, WorkerSpeed | None]
    """With what each announces of itself; None for one of an earlier version."""
    entries: Mapping[int, LeaseEntry]
    """By shard number; a shard without an entry is free."""
    announced: Mapping[str, int] = field(default_factory=dict)
    """Sequence number of the last write of each member."""

    def without(self, outdated: Collection[str | int]) -> "BucketSnapshot":
        """The same without some members, by name, and entries, by shard number."""
        if not outdated:
            return self
        members = {name: speed for name, speed in self.members.items() if name not in outdated}
        entries = {shard: entry for shard, entry in self.entries.items() if shard not in outdated}
        return BucketSnapshot(members, entries, self.announced)


@dataclass(slots=True)
class LeaseTerm:
    """One lease of a shard by a member, from its first entry to its end."""

    shard: int
    epoch: int
    """Sequence number of the first write: a later term of the same shard has a higher one."""
    sequence: int
    certain_until: float
    """By the monotonic clock. After that another member may hold the shard, even if the bucket did
    not say so."""
    ending: bool = False
    """Its shard is to be released."""

    def renewed(self, sequence: int, asked_at: float) -> None:
        """The bucket accepted a renewal that was sent at `asked_at`."""
        self.sequence = sequence
        self.certain_until = max(self.certain_until, certain_until(asked_at))

    def renewal_refused(self, entry: LeaseEntry | None, member: str) -> None:
        """The bucket refused a renewal because it has `entry`: either from an earlier renewal whose
        answer was lost, or from another member."""
        if entry is not None and self.wrote(entry, member):
            self.sequence = entry.sequence
        else:
            self.invalidate()

    def wrote(self, entry: LeaseEntry, member: str) -> bool:
        """Whether `entry` belongs to this term."""
        return (entry.member, entry.epoch) == (member, self.epoch)

    def invalidate(self) -> None:
        """The lease is lost or about to be released: another member may hold the shard now."""
        self.certain_until = -math.inf


def certain_until(asked_at: float) -> float:
    """Until when a lease whose write was sent at `asked_at` is certain, by the monotonic clock.

    Counted from the sending: the broker counts from the arrival, which is later.
    """
    return asked_at + TTL_SECONDS - MARGIN_SECONDS


@dataclass(frozen=True, slots=True)
class LeaseActions:
    """What to do after reading the bucket."""

    take: tuple[int, ...] = ()
    """Free shards to lease."""
    end: tuple[int, ...] = ()
    """Shards to release."""
    forget: tuple[int, ...] = ()
    """Sequence numbers of what to delete: entries that this member wrote, with the answers lost,
    and what nobody renews any more."""
    soon: bool = True
    """Shards are moving: read the bucket again after FAST_POLL_SECONDS."""


class LeaseMember:
    """One member, its terms, and its share as last computed."""

    def __init__(self, member: str, shards: Collection[int], clock: Clock) -> None:
        """`member` must be unique, also among earlier processes."""
        self.member = member
        self.terms: dict[int, LeaseTerm] = {}
        self.shards = frozenset(shards)
        """What is shared out; it may be set to others before a decision."""
        self._clock = clock
        self._share: frozenset[int] | None = None
        self._unchanged: UnchangedKeys[str | int] = UnchangedKeys()

    def certain(self, shard: int) -> bool:
        """Whether no other member can hold the shard at this moment."""
        term = self.terms.get(shard)
        return term is not None and self._clock.monotonic() < term.certain_until

    def decide(self, seen: BucketSnapshot) -> LeaseActions:
        """Decide what to do. Call it again after the shards in `take` were granted or refused."""
        sequences: dict[str | int, int] = dict(seen.announced.items())
        sequences |= {shard: entry.sequence for shard, entry in seen.entries.items()}
        outdated = self._unchanged.outdated(sequences, self._clock.monotonic())
        seen = seen.without(outdated)
        forget = (*self._orphaned_entries(seen), *(sequences[key] for key in outdated))
        # While this member is not registered, the others do not count it.
        share = self._share_of(seen) if self.member in seen.members else None
        settled, self._share = share is not None and share == self._share, share
        if share is None or not settled:
            # Read once more: when several join or die, not all members see it at the same moment.
            return LeaseActions(forget=forget)
        free = share - seen.entries.keys() - self.terms.keys()
        ending = [term for term in self.terms.values() if term.shard not in share]
        end = tuple(sorted(term.shard for term in ending if not term.ending))
        for term in ending:
            term.ending = True
        return LeaseActions(tuple(sorted(free)), end, forget, soon=share != self.terms.keys())

    def taken(self, shard: int, sequence: int, asked_at: float) -> LeaseTerm | None:
        """The bucket accepted our entry for a shard; None if the answer came too late to count."""
        until = certain_until(asked_at)
        if self._clock.monotonic() >= until:
            return None
        self.terms[shard] = LeaseTerm(shard, sequence, sequence, until)
        return self.terms[shard]

    def ended(self, shard: int) -> None:
        """Work on the shard has ended; its entry was deleted or is left to expire."""
        del self.terms[shard]

    def _orphaned_entries(self, seen: BucketSnapshot) -> tuple[int, ...]:
        return tuple(
            entry.sequence
            for shard, entry in seen.entries.items()
            if entry.member == self.member and shard not in self.terms
        )

    def _share_of(self, seen: BucketSnapshot) -> frozenset[int]:
        held = {shard: entry.member for shard, entry in seen.entries.items()}
        # The snapshot may be older than our own state.
        held = {shard: member for shard, member in held.items() if member != self.member}
        held |= dict.fromkeys(self.terms, self.member)
        share = balanced_share(self.shards, weights(seen.members), held)
        return frozenset(shard for shard, member in share.items() if member == self.member)
