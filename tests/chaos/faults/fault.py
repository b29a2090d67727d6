"""What every fault is."""

from contextlib import AbstractAsyncContextManager
from enum import Enum
from random import Random
from typing import Protocol

from tests.chaos.system_under_test import SystemUnderTest


class RecoverySignal(Enum):
    """By what one knows that the mesh works again."""

    FRAMES = "frames"
    """Every camera has a frame done that it took after the fault."""
    MASTER = "master"
    """It answers."""
    MONITOR = "monitor"
    """It answers."""


class Needs(Enum):
    """What a machine may not let us have."""

    LAN = "a network of its own"
    DISK = "a disk of its own"
    CLUSTER = "three brokers"


NOTHING: frozenset[Needs] = frozenset()


class Fault(Protocol):
    """One kind of fault: it finds its target, injects itself, and undoes itself."""

    @property
    def name(self) -> str:
        """A few words, as in the table: "kill ingest"."""
        ...

    @property
    def hold_seconds(self) -> tuple[float, float]:
        """The shortest and the longest time that it lasts; zeros for what is over at once."""
        ...

    @property
    def recovery_signal(self) -> RecoverySignal: ...

    @property
    def limit_seconds(self) -> float:
        """From its end until the mesh must work again."""
        ...

    @property
    def needs(self) -> frozenset[Needs]: ...

    def inflict(self, system: SystemUnderTest, random: Random) -> AbstractAsyncContextManager[None]:
        """It is there when the context begins, and undone when it ends.

        Raises:
            NoVictim: there is none to do it to.
        """
        ...
