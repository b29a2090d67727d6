"""Face detectors with an output for each stride."""

from collections.abc import Iterator
from math import ceil

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import Evidence, Guess
from framemesh.modeling.recognition.preparation import RAW_BGR, SCRFD, ULTRAFACE

ULTRAFACE_ANCHORS = ((8, 3), (16, 2), (32, 2), (64, 3))
"""Strides, and how many anchors a cell has."""

STRIDES = (8, 16, 32)
YUNET = {f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES}


def faces(facts: ModelFacts) -> Iterator[Guess]:
    if set(facts.output_names) == YUNET:
        yield Guess(
            "YuNet",
            "yunet",
            Evidence.NAMES,
            "names: cls, obj, bbox and kps of strides 8, 16 and 32",
            (RAW_BGR,),
            1,
            ("face",),
        )
    yield from _ultraface(facts)
    widths = sorted(output.shape[-1] for output in facts.outputs if output.shape)
    if len(facts.outputs) == len(widths) and _is_scrfd(widths) and _thirds(facts):
        yield Guess(
            "SCRFD",
            "scrfd",
            Evidence.NAMES,
            f"{len(widths)} outputs: scores, boxes{' and keypoints' if len(widths) == 9 else ''} "
            "of strides 8, 16 and 32",
            (SCRFD,),
            1,
            ("face",),
        )


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


def _is_scrfd(widths: list[int]) -> bool:
    return widths in ([1, 1, 1, 4, 4, 4], [1, 1, 1, 4, 4, 4, 10, 10, 10])


def _thirds(facts: ModelFacts) -> bool:
    """Whether the outputs of a kind shrink by four from stride to stride, or are open."""
    rows = sorted({output.shape[-2] for output in facts.outputs if len(output.shape) > 1})
    if rows == [-1]:
        return True
    return len(rows) == 3 and rows[2] == 4 * rows[1] == 16 * rows[0]
