"""How well identities agree with the truth."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framemesh.core.pipeline.operators import TrackSpec
from framemesh.vision.operators.assignment import assignment
from framemesh.vision.operators.track_state import NO_TRACKS, TrackState
from framemesh.vision.operators.tracking import advance
from tests.unit.vision.operators.scenes import Film

WIDE = 16 / 9


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of the identities of a scene and its truth."""

    switches: int
    """How often a thing has another identity than before."""
    idf1: float
    """2 * agreeing / (boxes + boxes with an identity), where things and identities are paired so
    that most agree (Ristani et al., arXiv 1609.01775)."""
    ids: int
    """How many identities there were."""


def followed(
    films: Iterable[Film], spec: TrackSpec, state: TrackState = NO_TRACKS
) -> list[tuple[Film, NDArray[np.uint64]]]:
    """Each frame and the identities of its boxes."""
    answers = []
    for film in films:
        state, ids = advance(
            state, film.boxes, film.scores, film.labels, film.seconds, spec=spec, aspect=WIDE
        )
        answers.append((film, ids))
    return answers


def agreement(answers: Sequence[tuple[Film, NDArray[np.uint64]]]) -> Agreement:
    last: dict[int, int] = {}
    together = Counter[tuple[int, int]]()
    switches = boxes = 0
    for film, ids in answers:
        boxes += len(ids)
        for thing, identity in zip(film.things, ids.tolist(), strict=True):
            if identity:
                switches += last.get(thing, identity) != identity
                last[thing] = identity
                together[thing, identity] += 1
    return Agreement(switches, _idf1(together, boxes), len({each for _, each in together}))


def _idf1(together: Counter[tuple[int, int]], boxes: int) -> float:
    things = sorted({thing for thing, _ in together})
    ids = sorted({identity for _, identity in together})
    agreeing = np.zeros((len(things), len(ids)))
    for (thing, identity), count in together.items():
        agreeing[things.index(thing), ids.index(identity)] = count
    pairs = assignment(-agreeing)
    return 2 * float(agreeing[pairs].sum()) / (boxes + together.total())
