"""Scenes whose truth is known: things that move, and what a model would find of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BEGIN_SECONDS = 1_800_000_000.0
"""Since 1970, of the first frame."""

Span = tuple[float, float]
"""Seconds since the beginning of the scene."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that moves straight on, in fractions of the frame."""

    center: tuple[float, float]
    """At the beginning."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Per second."""
    size: tuple[float, float] = (0.05, 0.15)
    label: str = "person"
    hidden: tuple[Span, ...] = ()
    faint: tuple[Span, ...] = ()
    """While the model is not sure of it."""

    def box(self, seconds: float) -> NDArray[np.float64]:
        center = np.array(self.center) + seconds * np.array(self.velocity)
        half = np.array(self.size) / 2
        return np.concatenate((center - half, center + half))


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """What the model finds in one frame."""

    seconds: float
    """Since 1970."""
    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: tuple[str, ...]
    things: tuple[int, ...]
    """The truth: which thing each box is."""


def steady(frames_per_second: float, seconds: float) -> list[float]:
    return [n / frames_per_second for n in range(round(frames_per_second * seconds))]


def irregular(least: float, most: float, seconds: float, seed: int = 0) -> list[float]:
    """Times with any intervals between the two."""
    gaps = np.random.default_rng(seed).uniform(least, most, round(2 * seconds / least))
    times = np.cumsum(gaps)
    return [float(time) for time in times[times < seconds]]


def filmed(
    things: Sequence[Thing],
    times: Sequence[float],
    *,
    jitter: float = 0.02,
    missed: float = 0.0,
    seed: int = 0,
) -> Iterator[Film]:
    """Frames at `times`, in seconds since the beginning.

    Args:
        jitter: of each side of a box, as a fraction of the box.
        missed: fraction of the boxes that the model does not find.
    """
    random = np.random.default_rng(seed)
    for time in times:
        seen = [
            number
            for number, thing in enumerate(things)
            if not _within(thing.hidden, time) and random.random() >= missed
        ]
        random.shuffle(seen)
        boxes = np.array([things[number].box(time) for number in seen]).reshape(-1, 4)
        sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        faint = [_within(things[number].faint, time) for number in seen]
        yield Film(
            BEGIN_SECONDS + time,
            boxes + random.normal(size=boxes.shape) * jitter * sides,
            np.where(
                faint, random.uniform(0.15, 0.4, len(seen)), random.uniform(0.6, 1, len(seen))
            ),
            tuple(things[number].label for number in seen),
            tuple(seen),
        )


def _within(spans: tuple[Span, ...], time: float) -> bool:
    return any(start <= time < end for start, end in spans)
