"""Face detectors with an output for each stride."""

from collections.abc import Iterable, Iterator
from math import ceil
from typing import Any

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.families.faces.priors import prior_faces
from framemesh.modeling.recognition.guess import (
    Evidence,
    Finding,
    Guess,
    confirmed,
    contradicted,
    open_question,
)
from framemesh.modeling.recognition.known_names import output_names
from framemesh.modeling.recognition.preparation import RAW_BGR, SCRFD, ULTRAFACE
from framemesh.modeling.recognition.probe import Probe, within
from framemesh.modeling.signature import OPEN, Tensor

ULTRAFACE_ANCHORS = ((8, 3), (16, 2), (32, 2), (64, 3))
"""Strides, and how many anchors a cell has."""

STRIDES = (8, 16, 32)
YUNET = {f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES}


SCRFD_WIDTHS = {
    number: tuple(sorted(kinds * grids))
    for number, kinds, grids in (
        (6, (1, 4), 3),
        (9, (1, 4, 10), 3),
        (10, (1, 4), 5),
        (15, (1, 4, 10), 5),
    )
}
"""Columns of all outputs: scores, boxes and perhaps keypoints of three or five grids."""


def faces(facts: ModelFacts) -> Iterator[Guess]:
    if set(facts.output_names) == YUNET:
        why = "names: cls, obj, bbox and kps of strides 8, 16 and 32"
        yield _yunet(Evidence.NAMES, why, {}, YUNET)
    else:
        yield from _unnamed_yunet(facts)
    yield from _ultraface(facts)
    yield from prior_faces(facts)
    widths = tuple(sorted(output.shape[-1] for output in facts.outputs if output.shape))
    if SCRFD_WIDTHS.get(len(facts.outputs)) == widths and _quarters(facts):
        yield _scrfd(facts, len(widths))


def _scrfd(facts: ModelFacts, outputs: int) -> Guess:
    grids = 5 if outputs in (10, 15) else 3
    scores = [output.name for output in facts.outputs if output.shape[-1] == 1]

    keypoints = outputs > 2 * grids

    def check(probe: Probe) -> Finding:
        if not all(within(probe.values(name), 0, 1) for name in scores):
            return contradicted("the outputs of one column are no scores between 0 and 1")
        if not keypoints:
            return open_question("faces, or other things of one class")
        return confirmed("scores between 0 and 1, and five keypoints")

    return Guess(
        "SCRFD" if grids == 3 else "SCRFD or RetinaFace of InsightFace",
        "scrfd",
        Evidence.SHAPES,
        f"{outputs} outputs: scores, boxes{' and keypoints' if keypoints else ''} of {grids} grids",
        (SCRFD,),
        1,
        ("face",),
        confirm=check,
    )


def _yunet(evidence: Evidence, why: str, options: dict[str, Any], scores: Iterable[str]) -> Guess:
    """`scores` are names of outputs, of which those that have other values are not looked at."""

    def check(probe: Probe) -> Finding:
        found = [probe.values(name) for name in scores if probe.outputs[name].shape[-1] == 1]
        if all(within(values, 0, 1) for values in found):
            return confirmed("scores between 0 and 1")
        return contradicted("the outputs of one column are no scores between 0 and 1")

    return Guess(
        "YuNet",
        "yunet",
        evidence,
        why,
        (RAW_BGR,),
        1,
        ("face",),
        options=options,
        confirm=check,
    )


def _unnamed_yunet(facts: ModelFacts) -> Iterator[Guess]:
    """Two scores, a box and keypoints of each place. The scores are multiplied: which is which does
    not matter."""
    image, found = facts.image, dict[str, Tensor]()
    for stride in STRIDES:
        places = (image.width // stride) * (image.height // stride)
        of_grid = [output for output in facts.outputs if output.shape[-2:-1] == (places,)]
        of_grid.sort(key=lambda output: output.shape[-1])
        if [output.shape[-1] for output in of_grid] != [1, 1, 4, 10]:
            return
        kinds = ("cls", "obj", "bbox", "kps")
        found |= {f"{kind}_{stride}": each for kind, each in zip(kinds, of_grid, strict=True)}
    if len(found) == len(facts.outputs):
        why = "12 outputs: two scores, boxes and keypoints of strides 8, 16 and 32"
        names = [output.name for output in facts.outputs]
        yield _yunet(Evidence.SHAPES, why, output_names(found), names)


def _ultraface(facts: ModelFacts) -> Iterator[Guess]:
    there = facts.output_names
    if set(there) != {"scores", "boxes"} or there["scores"].shape[2:] != (2,):
        return
    width, height = facts.image.width, facts.image.height
    anchors = sum(ceil(width / s) * ceil(height / s) * n for s, n in ULTRAFACE_ANCHORS)
    if there["boxes"].shape[1:] == (anchors, 4):
        yield Guess(
            "UltraFace",
            "ssd",
            Evidence.NAMES,
            f"names: scores and boxes, of {anchors} anchors",
            (ULTRAFACE,),
            1,
            ("face",),
            options={"background": True},
        )


def _quarters(facts: ModelFacts) -> bool:
    """Whether the outputs of a kind shrink by four from stride to stride, or are open."""
    rows = sorted({output.shape[-2] for output in facts.outputs if len(output.shape) > 1})
    if rows == [OPEN]:
        return True
    grids = 5 if len(facts.outputs) in (10, 15) else 3
    return rows == [rows[0] * 4**grid for grid in range(grids)]
