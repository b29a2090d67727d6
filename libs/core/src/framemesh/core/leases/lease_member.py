"""Leases of shards: what a member of a pipeline knows, and what it decides.

No I/O: whoever has the connection says what the bucket of leases answered and when it was asked.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.leases.balanced_share import balanced_share

TTL_SECONDS = 3
"""After which the broker forgets a key that was not renewed; it takes whole seconds only. With the
looks below, the shards of a worker that was killed are taken again within 4 s: the longest that
nobody should work on a camera. Shorter, and a broker that restarts would cost every lease."""

RENEW_SECONDS = 1.0
"""Between two renewals: there is time for a second one where the first gets no answer."""

MARGIN_SECONDS = 0.5
"""A lease counts as lost so long before the broker may give it away: work that is cut off needs a
moment to end, and another broker that comes to lead has another clock."""

POLL_SECONDS = 0.75
"""Between two looks at the bucket while everything is as it should be."""

FAST_POLL_SECONDS = 0.25
"""The same while shards move: a shard that was given up waits for so long."""


class LeaseLost(FramemeshError):
    """A shard has another holder; whoever finds out must leave it alone."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class LeaseEntry:
    """What the bucket has on one shard."""

    member: str
    epoch: int
    sequence: int
    """Of the last write; whoever changes the entry must know it."""


@dataclass(frozen=True, slots=True)
class BucketSnapshot:
    """One look at the bucket."""

    members: frozenset[str]
    entries: Mapping[int, LeaseEntry]
    """By shard; the others are free."""


@dataclass(slots=True)
class LeaseTerm:
    """The time for which a member has a shard, from taking it to its end."""

    shard: int
    epoch: int
    """The sequence of the first write: of two terms of a shard, the later has the higher one."""
    sequence: int
    certain_until: float
    """By the monotonic clock. After that somebody else may have the shard, whatever the bucket
    said."""
    ending: bool = False
    """Its shard is to be given up."""

    def renewed(self, sequence: int, asked_at: float) -> None:
        """The bucket took a renewal that was sent at `asked_at`."""
        self.sequence = sequence
        self.certain_until = max(self.certain_until, certain_until(asked_at))

    def found(self, entry: LeaseEntry | None, member: str) -> None:
        """The bucket refused a renewal and has `entry`: that of an earlier renewal whose answer was
        lost, or somebody else's."""
        if entry is not None and self.wrote(entry, member):
            self.sequence = entry.sequence
        else:
            self.over()

    def wrote(self, entry: LeaseEntry, member: str) -> bool:
        """Whether `entry` is of this term."""
        return (entry.member, entry.epoch) == (member, self.epoch)

    def over(self) -> None:
        """It is lost, or about to be released: from now on somebody else may have the shard."""
        self.certain_until = -math.inf


def certain_until(asked_at: float) -> float:
    """Until when a write that was sent at `asked_at` certainly holds.

    From before it was sent: the broker counts from when it came, which is later.
    """
    return asked_at + TTL_SECONDS - MARGIN_SECONDS


@dataclass(frozen=True, slots=True)
class LeaseActions:
    """What to do after a look."""

    take: tuple[int, ...] = ()
    """Free shards to ask for."""
    end: tuple[int, ...] = ()
    """Shards to give up."""
    forget: tuple[int, ...] = ()
    """The sequences of entries to delete: in our name, by writes whose answers were lost."""
    soon: bool = True
    """Something moves: look again after FAST_POLL_SECONDS."""


class LeaseMember:
    """One member, its terms, and what it takes for its share."""

    def __init__(self, member: str, shards: Collection[int], clock: Clock) -> None:
        """`member` must be nobody else's name, and no earlier process's."""
        self.member = member
        self.terms: dict[int, LeaseTerm] = {}
        self._shards = frozenset(shards)
        self._clock = clock
        self._share: frozenset[int] | None = None

    def certain(self, shard: int) -> bool:
        """Whether nobody else can have the shard at this moment."""
        term = self.terms.get(shard)
        return term is not None and self._clock.monotonic() < term.certain_until

    def decide(self, seen: BucketSnapshot) -> LeaseActions:
        """Decide on what to do. The next look comes after the answers to what is to be taken."""
        forget = self._unknown(seen)
        # Whoever is not seen by the others must not decide as if it were.
        share = self._share_of(seen) if self.member in seen.members else None
        settled, self._share = share is not None and share == self._share, share
        if share is None or not settled:
            # One look more: when several join or die, not all see it in the same moment.
            return LeaseActions(forget=forget)
        free = share - seen.entries.keys() - self.terms.keys()
        ending = [term for term in self.terms.values() if term.shard not in share]
        end = tuple(sorted(term.shard for term in ending if not term.ending))
        for term in ending:
            term.ending = True
        return LeaseActions(tuple(sorted(free)), end, forget, soon=share != self.terms.keys())

    def taken(self, shard: int, sequence: int, asked_at: float) -> LeaseTerm | None:
        """The bucket took our entry for a shard; None where its answer came too late to count."""
        until = certain_until(asked_at)
        if self._clock.monotonic() >= until:
            return None
        self.terms[shard] = LeaseTerm(shard, sequence, sequence, until)
        return self.terms[shard]

    def ended(self, shard: int) -> None:
        """Nothing of ours works on the shard any more; its entry is deleted, or left to expire."""
        del self.terms[shard]

    def _unknown(self, seen: BucketSnapshot) -> tuple[int, ...]:
        return tuple(
            entry.sequence
            for shard, entry in seen.entries.items()
            if entry.member == self.member and shard not in self.terms
        )

    def _share_of(self, seen: BucketSnapshot) -> frozenset[int]:
        held = {shard: entry.member for shard, entry in seen.entries.items()}
        # What was seen may be older than what we know.
        held = {shard: member for shard, member in held.items() if member != self.member}
        held |= dict.fromkeys(self.terms, self.member)
        share = balanced_share(self._shards, seen.members, held)
        return frozenset(shard for shard, member in share.items() if member == self.member)
