"""The decoders by the names that manifests call them."""

from collections.abc import Callable, Mapping

from framemesh.modeling.errors import ModelInvalid, UnknownDecoder
from framemesh.modeling.manifest import DecoderSpec, ModelManifest
from framemesh.worker.vision.decoders.centernet import CenterNet
from framemesh.worker.vision.decoders.classification import Classification
from framemesh.worker.vision.decoders.decoder import Decoder, Shapes
from framemesh.worker.vision.decoders.fastestdet import FastestDet
from framemesh.worker.vision.decoders.ssd import Ssd

DECODERS: Mapping[str, Callable[[DecoderSpec, Shapes], Decoder]] = {
    "centernet": CenterNet,
    "classification": Classification,
    "fastestdet": FastestDet,
    "ssd": Ssd,
}


def make_decoder(manifest: ModelManifest, shapes: Shapes) -> Decoder:
    """The decoder that the manifest names, for a model with outputs of these shapes.

    Raises:
        UnknownDecoder: there is none of that name.
        ModelInvalid: the outputs are not what it reads, or classes lack labels.
    """
    name = manifest.decoder.name
    if name not in DECODERS:
        known = ", ".join(sorted(DECODERS))
        raise UnknownDecoder(f"model {manifest.name}: no decoder {name!r}; there are: {known}")
    decoder = DECODERS[name](manifest.decoder, shapes)
    if decoder.classes > len(manifest.labels):
        raise ModelInvalid(
            f"model {manifest.name} tells {decoder.classes} classes apart and its manifest has "
            f"{len(manifest.labels)} labels: list one for each class, in order"
        )
    return decoder
