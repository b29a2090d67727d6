"""A fault that was injected into a mesh, with its times."""

from dataclasses import dataclass

from tests.chaos.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault that was injected. Times are nanoseconds since the Unix epoch."""

    fault: Fault
    began: int
    ended: int
    """When it was undone; for an instantaneous fault, when it was injected."""
    recovered: int | None
    """When the mesh had recovered; None: it did not, or recovery was not observed."""
    awaited: bool = True
    """Whether recovery was observed."""

    @property
    def recovery_seconds(self) -> float | None:
        return None if self.recovered is None else (self.recovered - self.ended) / 1e9

    def __str__(self) -> str:
        """One line for people."""
        held = self.fault.hold_seconds[1]
        lasted = f" for {(self.ended - self.began) / 1e9:.1f} s" if held else ""
        if not self.awaited:
            return f"{self.fault.name}{lasted}"
        seconds = self.recovery_seconds
        how = "did not recover" if seconds is None else f"recovered in {seconds:.1f} s"
        return f"{self.fault.name}{lasted}: {how}"
