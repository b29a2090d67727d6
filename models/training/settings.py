"""The numbers that define a training run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """The picture the network reads, in pixels, and the map of cells it writes."""

    width: int = 384
    height: int = 288
    stride: int = 8

    @property
    def columns(self) -> int:
        """Cells in a row of the map."""
        return self.width // self.stride

    @property
    def rows(self) -> int:
        """Cells in a column of the map."""
        return self.height // self.stride


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; the first `train_share` of the video is trained on."""

    train_share: float = 2 / 3
    epochs: int = 100
    batch: int = 16
    learning_rate: float = 4e-3
    weight_decay: float = 1e-2
    warmup_share: float = 0.1
    average_decay: float = 0.998
    box_weight: float = 1.0
    seed: int = 7
    threads: int = 2


@dataclass(frozen=True)
class Marking:
    """How the teacher's scores become the heat that the network shall show.

    A score of `floor` or less becomes 0, of `ceiling` or more becomes 1, linear in between:
    a soft label carries less of the teacher's flicker than a yes or no at 0.5 would.

    A box is clutter when less than `moving_share` of its pixels differ by more than
    `pixel_step` grey levels from the empty street. The teacher takes cones and posts for
    people in every frame; the network shall know them (it is measured against the teacher),
    but show them at `clutter_heat` at most, so that a threshold tells them from people.
    """

    floor: float = 0.3
    ceiling: float = 0.7
    moving_share: float = 0.1
    pixel_step: int = 30
    clutter_heat: float = 0.3
