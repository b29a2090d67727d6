"""Frames and bytes over each part of the way through a pipeline, from the ledger's entries."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Volume:
    """Frames and bytes over one part of the way."""

    frames: int = 0
    bytes: int = 0

    def plus(self, frames: int, size: int) -> "Volume":
        return Volume(self.frames + frames, self.bytes + size)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The traffic of a pipeline, of accepted frames."""

    cameras: Volume = Volume()
    """Images from the cameras to ingest, including retransmissions."""
    workers: Volume = Volume()
    """Images from the buffer to the workers, for frames that have their outcome."""
    models: Volume = Volume()
    """Tensors from the workers to Triton, for frames that were processed."""
    outcomes: Volume = Volume()
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
