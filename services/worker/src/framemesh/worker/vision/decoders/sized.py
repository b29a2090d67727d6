"""The decoders of a model, one for each size of its input.

Boxes in pixels and grids of cells follow that size. A model whose inputs differ is, for its
decoder, one model for each of them.
"""

from collections.abc import Callable

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.validation import ValidatedModel, check_signature
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.vision.decoders.decoder import Decoder
from framemesh.worker.vision.decoders.registry import make_decoder


def decoders_of(manifest: ModelManifest, model: ValidatedModel) -> Callable[[InputSize], Decoder]:
    """What makes the decoder for a size; where all inputs have one size, it is made at once."""
    if not manifest.input.multiple_of:
        decoder = make_decoder(manifest.decoder, model.binding)
        return lambda _: decoder
    return lambda size: _decoder(manifest, model, size)


def _decoder(manifest: ModelManifest, model: ValidatedModel, size: InputSize) -> Decoder:
    """
    Raises:
        InferenceFailed: the decoder reads no answer for an input of this size.
    """
    try:
        sized = check_signature(manifest.of_size(size.width, size.height), model.declared)
    except ModelInvalid as error:
        raise InferenceFailed(str(error)) from error
    return make_decoder(manifest.decoder, sized.binding)
