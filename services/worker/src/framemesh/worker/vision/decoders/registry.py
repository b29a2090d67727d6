"""The decoders by the names that manifests call them."""

from collections.abc import Callable, Mapping

from framemesh.modeling.decoder_demands import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.centernet import CenterNet
from framemesh.worker.vision.decoders.classification import Classification
from framemesh.worker.vision.decoders.decoder import Decoder
from framemesh.worker.vision.decoders.fastestdet import FastestDet
from framemesh.worker.vision.decoders.ssd import Ssd

DECODERS: Mapping[str, Callable[[DecoderSpec, DecoderBinding], Decoder]] = {
    "centernet": CenterNet,
    "classification": Classification,
    "fastestdet": FastestDet,
    "ssd": Ssd,
}
"""As many as framemesh.modeling.decoder_demands has; the contract tests compare the two."""


def make_decoder(spec: DecoderSpec, binding: DecoderBinding) -> Decoder:
    """The decoder that a manifest names, for a model that was found to fit it."""
    return DECODERS[spec.name](spec, binding)
