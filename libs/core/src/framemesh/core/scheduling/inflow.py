"""How inputs reach a stage, and how full its batches become."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filling:
    """One way to fill a batch."""

    inputs: float
    seconds: float
    """That the first of them waits for the last."""


@dataclass(frozen=True, slots=True)
class Inflow:
    """Of one stage, from all cameras."""

    per_second: float = 0.0
    """Inputs; 0: not known."""
    together: float = 1.0
    """That come at once, for one call in front of it."""
    waits_for_more: bool = True
    """Whether a batch waits for inputs that come later."""

    def fillings(self, batch: int, waiting: float) -> list[Filling]:
        """Of a batch of at most so many, where so many wait for it: with those, and with as many
        as fit, which takes (batch - waiting) / rate."""
        waiting = max(1.0, waiting)
        if batch <= waiting:
            return [Filling(float(batch), 0.0)]
        now = Filling(waiting, 0.0)
        if not self.waits_for_more or self.per_second <= 0.0:
            return [now]
        return [now, Filling(float(batch), (batch - waiting) / self.per_second)]
