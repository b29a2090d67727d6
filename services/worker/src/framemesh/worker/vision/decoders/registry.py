"""All decoders, by the names that manifests call them."""

from collections.abc import Mapping

from framemesh.modeling.decoders.demand import DecoderBinding
from framemesh.modeling.manifest import DecoderSpec
from framemesh.worker.vision.decoders.anchors import registry as anchors
from framemesh.worker.vision.decoders.decoder import Decoder, MakeDecoder
from framemesh.worker.vision.decoders.detr import registry as detr
from framemesh.worker.vision.decoders.listed import registry as listed
from framemesh.worker.vision.decoders.maps import registry as maps
from framemesh.worker.vision.decoders.vectors import registry as vectors
from framemesh.worker.vision.decoders.yolo import registry as yolo

DECODERS: Mapping[str, MakeDecoder] = {
    **anchors.DECODERS,
    **detr.DECODERS,
    **listed.DECODERS,
    **maps.DECODERS,
    **vectors.DECODERS,
    **yolo.DECODERS,
}
"""As many as framemesh.modeling.decoders has; the contract tests compare the two."""


def make_decoder(spec: DecoderSpec, binding: DecoderBinding) -> Decoder:
    """The decoder that a manifest names, for a model that was found to fit it."""
    return DECODERS[spec.name](spec, binding)
