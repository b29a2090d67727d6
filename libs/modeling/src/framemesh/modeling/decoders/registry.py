"""All decoders, by the names that manifests call them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from framemesh.modeling.decoders import (
    centernet,
    classification,
    detr,
    embedding,
    fastestdet,
    keypoints,
    listed,
    maps,
    nanodet,
    picodet,
    ssd,
    text,
)
from framemesh.modeling.decoders.demand import (
    DecoderBinding,
    DecoderDemand,
    InputSize,
    Shapes,
)
from framemesh.modeling.decoders.faces import registry as faces
from framemesh.modeling.decoders.options import check_options
from framemesh.modeling.decoders.output_names import (
    by_known_names,
    by_own_names,
    check_names_are_read,
)
from framemesh.modeling.decoders.yolo import registry as yolo
from framemesh.modeling.errors import ModelInvalid, OptionInvalid, UnknownDecoder, misfit
from framemesh.modeling.manifest import ModelManifest

MAX_HINTS = 3

DEMANDS: Mapping[str, DecoderDemand] = {
    **centernet.DEMANDS,
    **classification.DEMANDS,
    **detr.DEMANDS,
    **embedding.DEMANDS,
    **faces.DEMANDS,
    **fastestdet.DEMANDS,
    **keypoints.DEMANDS,
    **listed.DEMANDS,
    **maps.DEMANDS,
    **nanodet.DEMANDS,
    **picodet.DEMANDS,
    **ssd.DEMANDS,
    **text.DEMANDS,
    **yolo.DEMANDS,
}


def bind_decoder(manifest: ModelManifest, shapes: Shapes) -> DecoderBinding:
    """The outputs that the manifest's decoder will read, and the number of classes.

    Raises:
        UnknownDecoder: no decoder has this name.
        ModelInvalid: the outputs are not what it reads, classes and labels differ in number, or an
            option is set that it does not heed.
    """
    demand = demand_of(manifest)
    called = by_known_names(manifest, shapes)
    input_size = InputSize(manifest.input.width, manifest.input.height)
    try:
        check_options(manifest.decoder, DEMANDS)
        binding = demand.bind(manifest.decoder, called, input_size)
        check_names_are_read(manifest.decoder, binding.tensors)
    except OptionInvalid as error:
        raise misfit(manifest, f"decoder.{error.option}: {error}") from error
    except ModelInvalid as error:
        hint = _hint(_fitting(manifest, called, input_size))
        raise misfit(manifest, f"decoder.name: {error}{hint}") from error
    labels = len(manifest.labels)
    if not _has_labels(binding, labels):
        classes = f"{binding.classes}" if binding.classes else f"at most {binding.most_classes}"
        raise misfit(
            manifest,
            f"labels: the model has {classes} classes and its manifest {labels} labels: list one "
            "label per class, in order" + _hint(_fitting(manifest, called, input_size)),
        )
    tensors = by_own_names(manifest.decoder, binding.tensors)
    return replace(binding, labels=manifest.labels, tensors=tensors)


def _has_labels(binding: DecoderBinding, labels: int) -> bool:
    """Whether so many labels are one for each class."""
    if binding.classes is None:
        return binding.most_classes is None or labels <= binding.most_classes
    return labels == binding.classes


def _fitting(manifest: ModelManifest, shapes: Shapes, input_size: InputSize) -> list[str]:
    """The decoders that such outputs and labels fit."""
    chosen, labels = demand_of(manifest), len(manifest.labels)
    # Any table could be a map of [height, width]: nobody who expects boxes means that.
    tables = all(len(shape) == 2 for shape in shapes.values())
    found = []
    for name, demand in DEMANDS.items():
        # A flat one would see other shapes: those with the batch dimension.
        alike = demand.flat is chosen.flat and not (tables and chosen.boxes and not demand.boxes)
        if alike and name != manifest.decoder.name:
            with suppress(ModelInvalid):
                binding = demand.bind(replace(manifest.decoder, name=name), shapes, input_size)
                if _has_labels(binding, labels):
                    found.append(name)
    return found


def _hint(names: list[str]) -> str:
    """Nothing where none fits, or so many that the shapes tell little."""
    if not 0 < len(names) <= MAX_HINTS:
        return ""
    return f" ({', '.join(sorted(names))} would fit these outputs and labels)"


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
