"""What each decoder demands of a model's outputs, and which of them it will read as what.

The decoders themselves are the worker's; master and CLI check their demands before any worker does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from framemesh.modeling.errors import ModelInvalid, UnknownDecoder, misfit
from framemesh.modeling.manifest import DecoderSpec, ModelManifest

Shapes = Mapping[str, tuple[int, ...]]
"""Of the output tensors of one picture; -1 where a dimension is known only once the model ran."""

FASTESTDET_BOX_CHANNELS = 5
"""Whether there is something, the centre (2), the size (2); the classes follow."""


@dataclass(frozen=True, slots=True)
class DecoderBinding:
    """One model's outputs, found for one decoder."""

    tensors: Mapping[str, str]
    """What the decoder calls an output ("boxes") -> the name of the tensor."""
    classes: int
    """Number of classes of the model; each needs a label."""


@dataclass(frozen=True, slots=True)
class DecoderDemand:
    """One decoder, before it is made for a model."""

    bind: Callable[[DecoderSpec, Shapes], DecoderBinding]
    """Raises ModelInvalid where the outputs are not what the decoder reads."""
    boxes: bool = True
    """Whether its detections have boxes, of which another stage can look at the crops."""


def bind_decoder(manifest: ModelManifest, shapes: Shapes) -> DecoderBinding:
    """The outputs that the manifest's decoder will read.

    Raises:
        UnknownDecoder: no decoder has this name.
        ModelInvalid: the outputs are not what it reads, or classes lack labels.
    """
    try:
        binding = demand_of(manifest).bind(manifest.decoder, shapes)
    except ModelInvalid as error:
        raise misfit(manifest, f"decoder.name: {error}") from error
    if binding.classes > len(manifest.labels):
        raise misfit(
            manifest,
            f"labels: the model has {binding.classes} classes and its manifest "
            f"{len(manifest.labels)} labels: list one label per class, in order",
        )
    return binding


def demand_of(manifest: ModelManifest) -> DecoderDemand:
    """
    Raises:
        UnknownDecoder: the manifest names none that there is.
    """
    name = manifest.decoder.name
    if name not in DEMANDS:
        known = ", ".join(sorted(DEMANDS))
        raise UnknownDecoder(
            f"model {manifest.name}: decoder.name: no decoder {name!r}; there are: {known}"
        )
    return DEMANDS[name]


def _centernet(spec: DecoderSpec, shapes: Shapes) -> DecoderBinding:
    heatmap = _tensor(shapes, "heatmap", "classes,height,width", "centernet")
    boxes = _tensor(shapes, "boxes", "4,height,width", "centernet")
    if boxes != (4, *heatmap[1:]):
        raise _unreadable(shapes, "centernet", f"boxes to be {[4, *heatmap[1:]]}")
    classes = _fixed(heatmap[0], shapes, "centernet", "classes")
    return DecoderBinding({"heatmap": "heatmap", "boxes": "boxes"}, classes)


def _fastestdet(spec: DecoderSpec, shapes: Shapes) -> DecoderBinding:
    if len(shapes) != 1:
        raise _unreadable(shapes, "fastestdet", "one output [5+classes,height,width]")
    (name,) = shapes
    shape = _tensor(shapes, name, "5+classes,height,width", "fastestdet")
    classes = _fixed(shape[0] - FASTESTDET_BOX_CHANNELS, shapes, "fastestdet", "classes")
    return DecoderBinding({"cells": name}, classes)


def _ssd(spec: DecoderSpec, shapes: Shapes) -> DecoderBinding:
    """The outputs are told apart by their names where these contain "scores" and "boxes", and by
    their shapes where not."""
    names = _ssd_by_name(shapes) or _ssd_by_shape(shapes)
    if names is None:
        raise _unreadable(
            shapes, "ssd", "two outputs, scores [places,classes] and boxes [places,4]"
        )
    scores, boxes = (shapes[name] for name in names)
    if len(scores) != 2 or len(boxes) != 2 or boxes[1] != 4 or scores[0] != boxes[0]:
        raise _unreadable(shapes, "ssd", "scores [places,classes] and boxes [places,4]")
    classes = _fixed(scores[1] - int(spec.background), shapes, "ssd", "classes")
    return DecoderBinding(dict(zip(("scores", "boxes"), names, strict=True)), classes)


def _ssd_by_name(shapes: Shapes) -> tuple[str, str] | None:
    scores = [name for name in shapes if "scores" in name.lower()]
    boxes = [name for name in shapes if "boxes" in name.lower()]
    return (scores[0], boxes[0]) if len(scores) == len(boxes) == 1 else None


def _ssd_by_shape(shapes: Shapes) -> tuple[str, str] | None:
    boxes = [name for name, shape in shapes.items() if shape[-1:] == (4,)]
    scores = [name for name in shapes if name not in boxes]
    return (scores[0], boxes[0]) if len(scores) == len(boxes) == 1 else None


def _classification(spec: DecoderSpec, shapes: Shapes) -> DecoderBinding:
    if len(shapes) != 1:
        raise _unreadable(shapes, "classification", "one output [classes]")
    ((name, shape),) = shapes.items()
    if not shape or any(length != 1 for length in shape[1:]):
        raise _unreadable(shapes, "classification", f"{name} to be [classes]")
    classes = _fixed(shape[0] - int(spec.background), shapes, "classification", "classes")
    return DecoderBinding({"scores": name}, classes)


DEMANDS: Mapping[str, DecoderDemand] = {
    "centernet": DecoderDemand(_centernet),
    "classification": DecoderDemand(_classification, boxes=False),
    "fastestdet": DecoderDemand(_fastestdet),
    "ssd": DecoderDemand(_ssd),
}
"""By the names that manifests call the decoders."""


def _tensor(shapes: Shapes, name: str, form: str, decoder: str) -> tuple[int, ...]:
    """The shape of the output called `name`, which must have as many dimensions as `form` names.

    `form` ("classes,height,width") names the dimensions in messages.
    """
    if name not in shapes:
        raise _unreadable(shapes, decoder, f"an output {name} [{form}]")
    shape = shapes[name]
    if len(shape) != form.count(",") + 1:
        raise _unreadable(shapes, decoder, f"{name} to be [{form}]")
    return shape


def _fixed(length: int, shapes: Shapes, decoder: str, what: str) -> int:
    """`length`, which must be known before the model runs."""
    if length < 1:
        raise _unreadable(shapes, decoder, f"a fixed number of {what}")
    return length


def _unreadable(shapes: Shapes, decoder: str, expected: str) -> ModelInvalid:
    there = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) or "none"
    return ModelInvalid(
        f"decoder {decoder} expects {expected}; the model's outputs for one picture are {there}: "
        "choose the decoder that fits, or export the model with these outputs"
    )
