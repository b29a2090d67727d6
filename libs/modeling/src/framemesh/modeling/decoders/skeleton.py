"""Whether the lines of a skeleton lie between keypoints that the model tells."""

from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import ModelManifest


def check_skeleton(manifest: ModelManifest, keypoints: int) -> None:
    """
    Args:
        keypoints: of one detection; 0: the decoder tells none.

    Raises:
        ModelInvalid: a line would have no end.
    """
    if not manifest.skeleton:
        return
    if not keypoints:
        raise misfit(
            manifest,
            f"skeleton: decoder {manifest.decoder.name} tells no keypoints here: remove it",
        )
    highest = max(number for bone in manifest.skeleton for number in bone)
    if highest >= keypoints:
        raise misfit(
            manifest,
            f"skeleton: keypoint {highest} is not one of the model, which has {keypoints}, counted "
            "from 0",
        )
