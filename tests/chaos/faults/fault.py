"""The interface of faults."""

from contextlib import AbstractAsyncContextManager
from enum import Enum
from random import Random
from typing import Protocol

from tests.chaos.mesh.system_under_test import SystemUnderTest


class RecoverySignal(Enum):
    """The sign that the mesh has recovered."""

    FRAMES = "frames"
    """Every camera has a frame done that was captured after the fault."""
    MASTER = "master"
    """It answers."""
    MONITOR = "monitor"
    """It answers."""
    SINK = "sink"
    """It has written a frame that was captured after the fault."""


class Needs(Enum):
    """Facilities that a fault needs and a machine may lack."""

    LAN = "a network of its own"
    DISK = "a disk of its own"
    CLUSTER = "three brokers"
    MASTERS = "two masters"


NOTHING: frozenset[Needs] = frozenset()


class Fault(Protocol):
    """One kind of fault: it finds its target, injects itself, and undoes itself."""

    @property
    def name(self) -> str:
        """A few words, as in the table: "kill ingest"."""
        ...

    @property
    def hold_seconds(self) -> tuple[float, float]:
        """Shortest and longest duration in seconds; zeros for an instantaneous fault."""
        ...

    @property
    def recovery_signal(self) -> RecoverySignal: ...

    @property
    def limit_seconds(self) -> float:
        """Recovery limit: seconds from the end of the fault."""
        ...

    @property
    def needs(self) -> frozenset[Needs]: ...

    def inflict(self, system: SystemUnderTest, random: Random) -> AbstractAsyncContextManager[None]:
        """Inject the fault; it is undone at the end of the context.

        Raises:
            NoTarget: there is no process to inject it into.
        """
        ...
