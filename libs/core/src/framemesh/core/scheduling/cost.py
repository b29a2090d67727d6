"""What it costs to keep a backend busy with one batch for a second."""

from collections.abc import Sequence
from enum import Enum

from framemesh.core.scheduling.backend import Backend

SECONDS_PER_HOUR = 3600.0


class Objective(Enum):
    """What is to be as little as possible."""

    PRICE = "price"
    """In the currency of the fleet."""
    ENERGY = "energy"
    """In joules."""


def share(backend: Backend, running: float) -> float:
    """The part of a backend that is for one batch, among `running` others: whoever runs alone
    pays for all of it, so what is in use already is cheaper than what stands idle."""
    return 1.0 / min(max(1.0 + running, 1.0), float(backend.capacity))


def watts(backend: Backend, load: float) -> float:
    """What a backend draws; `load` is the part of its capacity that is in use, 0 to 1."""
    return backend.idle_watts + (backend.max_watts - backend.idle_watts) * min(max(load, 0.0), 1.0)


def cost_per_second(objective: Objective, backend: Backend, running: float) -> float:
    """Of one batch, among `running` others."""
    part = share(backend, running)
    if objective is Objective.PRICE:
        return backend.price_per_hour / SECONDS_PER_HOUR * part
    # 1 / part batches are in use, this one among them.
    return watts(backend, 1.0 / (part * backend.capacity)) * part


def costs_per_second(
    objective: Objective, backends: Sequence[Backend], running: Sequence[float]
) -> list[float]:
    """Of each; where none of them costs anything, what counts is how long each is busy."""
    costs = [
        cost_per_second(objective, backend, others)
        for backend, others in zip(backends, running, strict=True)
    ]
    if any(costs):
        return costs
    return [share(backend, others) for backend, others in zip(backends, running, strict=True)]
