"""What framemesh finds in a picture with a file: all that a worker does, but for Triton."""

from collections.abc import Mapping

from framemesh.core.detection import Detection
from framemesh.modeling.manifest import ModelManifest
from tests.model_families.graphs import Values, run
from tests.model_families.stage import found_in, validated_model


async def detections(file: bytes, manifest: ModelManifest, picture: bytes) -> list[Detection]:
    """`picture` is an image file."""
    validated = validated_model(file, manifest)
    (given,) = validated.signature.inputs
    flat = {output.name for output in validated.signature.outputs if not output.batched}

    def answers(prepared: Values) -> Mapping[str, Values]:
        answered = run(file, {given.name: prepared if given.batched else prepared[0]})
        return {name: all_ if name in flat else all_[0] for name, all_ in answered.items()}

    return await found_in(picture, manifest, validated, answers)
