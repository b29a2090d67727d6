"""SCRFD, and RetinaFace as InsightFace exports it: faces, of three or five grids."""

from dataclasses import dataclass

from framemesh.modeling.decoders.demand import (
    BOX_SIDES,
    SUPPRESSING,
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
    unreadable,
)
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec
from framemesh.modeling.result_size import DetailSize

KEYPOINT_COLUMNS = 10
"""x and y of both eyes, the nose and both corners of the mouth."""

KINDS = {1: "score", BOX_SIDES: "bbox", KEYPOINT_COLUMNS: "kps"}
"""What an output is, by the number of its columns; exporters give them names of no meaning."""


@dataclass(frozen=True, slots=True)
class Grids:
    """How one number of outputs is read."""

    strides: tuple[int, ...]
    """Pixels of the input between the places of each grid."""
    anchors: int
    """Faces that each place may find."""


GRIDS = {3: Grids((8, 16, 32), 2), 5: Grids((8, 16, 32, 64, 128), 1)}
"""By the number of outputs of each kind."""


def _bind(spec: DecoderSpec, shapes: Shapes, input_size: InputSize) -> DecoderBinding:
    """Outputs are [faces, columns], with or without a batch of 1 before it. Which grid they are of
    is told by their lengths, which the file may leave open."""
    tensors: dict[str, str] = {}
    counts = dict.fromkeys(KINDS.values(), 0)
    for name, shape in shapes.items():
        kind = KINDS.get(shape[-1]) if len(shape) > 1 and set(shape[:-2]) <= {1} else None
        if kind is None:
            raise _unreadable(shapes)
        tensors[f"{kind}_{counts[kind]}"] = name
        counts[kind] += 1
    grids = counts["score"]
    if grids not in GRIDS or counts["bbox"] != grids or counts["kps"] not in (0, grids):
        raise _unreadable(shapes)
    step = GRIDS[grids].strides[-1]
    if input_size.width % step or input_size.height % step:
        raise unreadable(shapes, "scrfd", f"an input whose sides are multiples of {step}")
    detail = DetailSize(keypoints=KEYPOINT_COLUMNS // 2 if counts["kps"] else 0)
    return DecoderBinding(tensors, 1, input_size, detail=detail)


def _unreadable(shapes: Shapes) -> ModelInvalid:
    return unreadable(
        shapes,
        "scrfd",
        "3 or 5 outputs each of scores [faces,1], boxes [faces,4] and, with keypoints, [faces,10]",
    )


DEMANDS = {"scrfd": DecoderDemand(_bind, flat=True, options=SUPPRESSING - {"agnostic"})}
