"""One way to run a call: a variant of its model, on a backend, in batches of up to a size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.scheduling.backend import Backend


class InvalidConfiguration(FramemeshError):
    """Something that no call can be run with."""

    code = Code.INVALID
    permanent = True


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the models that can do the work of a stage."""

    model: str
    version: int = 1
    accuracy: float | None = None
    """In the measure of whoever declares it, more is better; None: not known, and good enough."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A variant of a stage's model on a backend: what has one latency for each batch size."""

    stage: str
    variant: Variant
    backend: str
    """Its name."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a call of a stage can be run."""

    stage: str
    variant: Variant
    backend: str
    """Its name."""
    batch: int = 1
    """The most inputs that go together."""

    def __post_init__(self) -> None:
        """Raises:
        InvalidConfiguration: a batch of none.
        """
        if self.batch < 1:
            raise InvalidConfiguration(f"{self.stage}: batch is {self.batch}, make it >= 1")

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.stage, self.variant, self.backend)


def configurations_of(
    stage: str,
    variants: Iterable[Variant],
    backends: Iterable[Backend],
    batches: Iterable[int],
    needs: frozenset[str] = frozenset(),
) -> Iterator[Configuration]:
    """All that there are for a stage, on those backends that have all labels in `needs`."""
    fit = [backend.name for backend in backends if needs <= backend.labels]
    sizes = sorted(set(batches))
    for variant in variants:
        for backend in fit:
            yield from (Configuration(stage, variant, backend, batch) for batch in sizes)
