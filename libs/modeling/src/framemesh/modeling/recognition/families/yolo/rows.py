"""YOLOs that choose their boxes themselves, without metadata: rows of a box, a score, a class, and
what else they tell of it."""

from collections.abc import Iterator
from dataclasses import replace

from framemesh.modeling.recognition.families.answers import (
    PIXELS,
    Check,
    oriented_rows,
    suppressed_rows,
)
from framemesh.modeling.recognition.families.yolo.shaped import shaped
from framemesh.modeling.recognition.guess import (
    Finding,
    Guess,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.probe import Probe, within
from framemesh.modeling.signature import Tensor

DECODER = "yolo-end2end"

ROW_VALUES = 6
"""Of a box alone: x1, y1, x2, y2, score, class."""

MAX_ROWS = 500
"""More have only tables of all places."""

MIN_KEYPOINTS = 3


def more_rows(output: Tensor) -> Iterator[Guess]:
    """With an angle, or with keypoints of three values each."""
    name, more = output.name, output.shape[2] - ROW_VALUES
    if more == 1:
        yield shaped(output, DECODER, "rows of 6 values and an angle", _angled(name))
    elif more % 3 == 0 and more >= 3 * MIN_KEYPOINTS:
        why = f"rows of 6 values and {more // 3} keypoints"
        guess = shaped(output, DECODER, why, _posed(name))
        yield replace(guess, options={"keypoints": more // 3})


def masked_rows(output: Tensor, prototypes: Tensor) -> Iterator[Guess]:
    """With the coefficients of a mask."""
    coefficients = prototypes.shape[1]
    if 0 < output.shape[1] < MAX_ROWS and output.shape[2] == ROW_VALUES + coefficients > ROW_VALUES:
        why = f"rows of 6 values and {coefficients} coefficients of masks"
        yield shaped(output, DECODER, why, suppressed_rows(output.name))


def _angled(output: str) -> Check:
    usual = oriented_rows(output)

    def check(probe: Probe) -> Finding:
        found = usual(probe)
        if found.verdict == "confirmed":
            return open_question("the last value may be something else than an angle")
        return found

    return check


def _posed(output: str) -> Check:
    usual = suppressed_rows(output)

    def check(probe: Probe) -> Finding:
        found = usual(probe)
        if found.verdict != "confirmed":
            return found
        rows = probe.values(output)
        used = rows[rows[:, 4] > 0][:, ROW_VALUES:]
        if used[:, 0::3].max() > PIXELS and within(used[:, 2::3], 0, 1):
            return found
        return contradicted("no triples of x, y in pixels and a visibility")

    return check
