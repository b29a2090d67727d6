"""How much goes over each hop of a frame's way, as the ledger's entries say."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Hop:
    """What went over one hop."""

    frames: int = 0
    bytes: int = 0

    def plus(self, frames: int, size: int) -> "Hop":
        return Hop(self.frames + frames, self.bytes + size)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The hops of a pipeline, of frames that were accepted."""

    cameras: Hop = Hop()
    """Images from the cameras to ingest, also those that were sent a second time."""
    workers: Hop = Hop()
    """The same images out of the buffer to the workers, for frames that have their outcome."""
    models: Hop = Hop()
    """Tensors from the workers to Triton, for frames that were looked at."""
    outcomes: Hop = Hop()
    """Outcomes from the workers to the ledger."""

    def accepted(self, frames: int, size: int) -> "Traffic":
        return replace(self, cameras=self.cameras.plus(frames, size))

    def completed(self, image: int, tensors: int, outcome: int) -> "Traffic":
        """By a worker."""
        return replace(
            self,
            workers=self.workers.plus(1, image),
            models=self.models.plus(1, tensors) if tensors else self.models,
            outcomes=self.outcomes.plus(1, outcome),
        )
