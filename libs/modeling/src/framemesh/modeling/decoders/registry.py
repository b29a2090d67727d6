"""All decoders, by the names that manifests call them."""

from collections.abc import Mapping

from framemesh.modeling.decoders import (
    centernet,
    detr,
    fastestdet,
    listed,
    maps,
    ssd,
    vectors,
    yolo,
)
from framemesh.modeling.decoders.demand import DecoderBinding, DecoderDemand, InputSize, Shapes
from framemesh.modeling.errors import ModelInvalid, UnknownDecoder, misfit
from framemesh.modeling.manifest import ModelManifest

DEMANDS: Mapping[str, DecoderDemand] = {
    **centernet.DEMANDS,
    **detr.DEMANDS,
    **fastestdet.DEMANDS,
    **listed.DEMANDS,
    **maps.DEMANDS,
    **ssd.DEMANDS,
    **vectors.DEMANDS,
    **yolo.DEMANDS,
}


def bind_decoder(manifest: ModelManifest, shapes: Shapes) -> DecoderBinding:
    """The outputs that the manifest's decoder will read.

    Raises:
        UnknownDecoder: no decoder has this name.
        ModelInvalid: the outputs are not what it reads, or classes and labels differ in number.
    """
    input_size = InputSize(manifest.input.width, manifest.input.height)
    try:
        binding = demand_of(manifest).bind(manifest.decoder, shapes, input_size)
    except ModelInvalid as error:
        raise misfit(manifest, f"decoder.name: {error}") from error
    if binding.classes not in (None, len(manifest.labels)):
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
