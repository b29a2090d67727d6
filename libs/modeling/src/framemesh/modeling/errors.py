"""What can be wrong with a model."""

from framemesh.core.errors import Code, FramemeshError
from framemesh.modeling.manifest import ModelManifest


class ModelInvalid(FramemeshError):
    """A model's file, its manifest and its decoder do not belong together."""

    code = Code.INVALID
    permanent = True


class OptionInvalid(ModelInvalid):
    """An option of the decoder is missing, is of no effect, or does not fit the model."""

    def __init__(self, option: str, what: str) -> None:
        """`option` as DecoderSpec calls it."""
        super().__init__(what)
        self.option = option


class UnknownDecoder(FramemeshError):
    """A manifest names a decoder that the worker does not have."""

    code = Code.INVALID
    permanent = True


def misfit(manifest: ModelManifest, what: str) -> ModelInvalid:
    """An error that begins with the model's name and file."""
    return ModelInvalid(f"model {manifest.name} ({manifest.file}): {what}")
