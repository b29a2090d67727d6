"""What a node has, and what is reserved of it for a worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resources:
    """CPUs, memory and GPUs; 0 where nothing is asked for."""

    cpus: float = 0.0
    """Whole CPUs or parts of one."""
    memory_bytes: int = 0
    gpus: int = 0
    """Whole GPUs."""

    def __add__(self, other: "Resources") -> "Resources":
        return Resources(
            self.cpus + other.cpus,
            self.memory_bytes + other.memory_bytes,
            self.gpus + other.gpus,
        )

    def __sub__(self, other: "Resources") -> "Resources":
        """What is left when `other` is taken, 0 at least."""
        return Resources(
            max(0.0, self.cpus - other.cpus),
            max(0, self.memory_bytes - other.memory_bytes),
            max(0, self.gpus - other.gpus),
        )

    def times(self, count: int) -> "Resources":
        """So much for each of `count` workers."""
        return Resources(self.cpus * count, self.memory_bytes * count, self.gpus * count)

    def holds(self, needed: "Resources") -> bool:
        """Whether `needed` can be taken of this."""
        return (
            needed.cpus <= self.cpus + _ROUNDING
            and needed.memory_bytes <= self.memory_bytes
            and needed.gpus <= self.gpus
        )


NO_RESOURCES = Resources()

_ROUNDING = 1e-9
"""Ten workers of 0.1 CPUs fit into one CPU."""


_MEMORY_UNITS = ("MiB", "GiB", "TiB")


def memory_text(memory_bytes: int) -> str:
    """Memory as people write it: "512 MiB", "1.5 GiB"."""
    amount, unit = memory_bytes / 1024**2, 0
    while amount >= 1024 and unit + 1 < len(_MEMORY_UNITS):
        amount, unit = amount / 1024, unit + 1
    figures = f"{amount:.3g}" if amount < 1000 else f"{amount:.0f}"
    return f"{figures} {_MEMORY_UNITS[unit]}"
