"""The catalogue of all faults."""

from collections.abc import Iterable

from tests.chaos.faults.cut import Cut
from tests.chaos.faults.fault import Fault, Needs, RecoverySignal
from tests.chaos.faults.full_buffer import FullBuffer
from tests.chaos.faults.full_disk import FullDisk
from tests.chaos.faults.poison import Poison
from tests.chaos.faults.reshard import Reshard
from tests.chaos.faults.signals import Freeze, Hang, Kill, Restart
from tests.chaos.faults.targets import (
    AGENT,
    CAMERA,
    FOLLOWER,
    INGEST,
    LEADER,
    LEADING_MASTER,
    MASTER,
    MONITOR,
    NATS,
    SINK,
    STUB,
    TRITON,
    WORKER,
)

CLUSTER = frozenset({Needs.CLUSTER})
MASTERS = frozenset({Needs.MASTERS})

ELECTION_SECONDS = 10.0
"""Recovery limit with three brokers. A follower of the buffer may lead the ledger, so it is the
same for both."""

TAKEOVER_SECONDS = 10.0
"""Recovery limit where who holds a lease was killed, the master that leads or the process that runs
a sink: the lease lasts for 3 s."""

FAULTS: tuple[Fault, ...] = (
    Kill(NATS),
    Kill(INGEST),
    Kill(WORKER),
    Kill(TRITON),
    Kill(STUB),
    Kill(AGENT),
    Kill(MASTER, RecoverySignal.MASTER),
    Kill(LEADING_MASTER, RecoverySignal.MASTER, TAKEOVER_SECONDS, needs=MASTERS),
    Kill(MONITOR, RecoverySignal.MONITOR),
    Kill(SINK, RecoverySignal.SINK, TAKEOVER_SECONDS),
    Kill(CAMERA),
    Kill(LEADER, limit_seconds=ELECTION_SECONDS, needs=CLUSTER),
    Kill(FOLLOWER, limit_seconds=ELECTION_SECONDS, needs=CLUSTER),
    Freeze(NATS),
    Freeze(INGEST),
    Freeze(WORKER),
    Freeze(TRITON),
    Freeze(STUB),
    Freeze(AGENT),
    Freeze(MASTER, RecoverySignal.MASTER),
    # While it is frozen the other one takes over; then both believe that they lead.
    Freeze(LEADING_MASTER, RecoverySignal.MASTER, needs=MASTERS),
    Freeze(MONITOR, RecoverySignal.MONITOR),
    Freeze(SINK, RecoverySignal.SINK, TAKEOVER_SECONDS),
    Freeze(CAMERA),
    Hang(NATS),
    Hang(INGEST),
    Hang(WORKER),
    Hang(MASTER, RecoverySignal.MASTER),
    Hang(MONITOR, RecoverySignal.MONITOR),
    Hang(SINK, RecoverySignal.SINK),
    Restart(NATS),
    Freeze(LEADER, limit_seconds=ELECTION_SECONDS, needs=CLUSTER),
    Freeze(FOLLOWER, limit_seconds=ELECTION_SECONDS, needs=CLUSTER),
    Restart(INGEST),
    # It may finish its work first, for up to 8 s.
    Restart(WORKER, limit_seconds=13.0),
    Restart(AGENT, limit_seconds=13.0),
    Restart(TRITON),
    Restart(STUB),
    Restart(MASTER, RecoverySignal.MASTER),
    Restart(LEADING_MASTER, RecoverySignal.MASTER, needs=MASTERS),
    Restart(MONITOR, RecoverySignal.MONITOR),
    Restart(SINK, RecoverySignal.SINK, TAKEOVER_SECONDS),
    Restart(CAMERA),
    Cut(NATS),
    Cut(INGEST),
    Cut(AGENT),
    Cut(MASTER, RecoverySignal.MASTER),
    Cut(MONITOR, RecoverySignal.MONITOR),
    Cut(SINK, RecoverySignal.SINK, TAKEOVER_SECONDS),
    Cut(CAMERA),
    FullBuffer(),
    FullDisk(),
    Poison(),
    Reshard(),
)


class NoSuchFault(Exception):
    """No fault has a name that begins like this."""


def named(beginnings: Iterable[str]) -> list[Fault]:
    """The faults whose names begin with one of `beginnings` ("kill": all kills); all if it is
    empty.

    Raises:
        NoSuchFault: no name begins like this.
    """
    wanted = tuple(beginnings) or ("",)
    for beginning in wanted:
        if not any(fault.name.startswith(beginning) for fault in FAULTS):
            raise NoSuchFault(f"no fault begins with {beginning!r}: --help lists them")
    return [fault for fault in FAULTS if fault.name.startswith(wanted)]
