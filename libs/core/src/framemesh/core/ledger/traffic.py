"""Frames and bytes over each hop of a pipeline, from the ledger's entries."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Hop:
    """Frames and bytes over one hop."""

    frames: int = 0
    bytes: int = 0

    def plus(self, frames: int, size: int) -> "Hop":
        return Hop(self.frames + frames, self.bytes + size)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic of a pipeline, of accepted frames."""

    cameras: Hop = Hop()
    """Images from the cameras to ingest, including retransmissions."""
    workers: Hop = Hop()
    """Images from the buffer to the workers, for frames that have their outcome."""
    models: Hop = Hop()
    """Tensors from the workers to Triton, for frames that were processed."""
    outcomes: Hop = Hop()
    """Outcomes from the workers to the ledger."""

    def accepted(self, frames: int, size: int) -> "Traffic":
        return replace(self, cameras=self.cameras.plus(frames, size))

    def completed(self, image: int, tensors: int, outcome: int) -> "Traffic":
        """Add a frame that a worker completed; sizes in bytes."""
        return replace(
            self,
            workers=self.workers.plus(1, image),
            models=self.models.plus(1, tensors) if tensors else self.models,
            outcomes=self.outcomes.plus(1, outcome),
        )
