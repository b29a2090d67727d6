"""Face detectors with an output for each stride."""

from collections.abc import Iterator

from framemesh.modeling.recognition.facts import ModelFacts
from framemesh.modeling.recognition.guess import Evidence, Guess
from framemesh.modeling.recognition.preparation import RAW_BGR, SCRFD

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


def _is_scrfd(widths: list[int]) -> bool:
    return widths in ([1, 1, 1, 4, 4, 4], [1, 1, 1, 4, 4, 4, 10, 10, 10])


def _thirds(facts: ModelFacts) -> bool:
    """Whether the outputs of a kind shrink by four from stride to stride, or are open."""
    rows = sorted({output.shape[-2] for output in facts.outputs if len(output.shape) > 1})
    if rows == [-1]:
        return True
    return len(rows) == 3 and rows[2] == 4 * rows[1] == 16 * rows[0]
