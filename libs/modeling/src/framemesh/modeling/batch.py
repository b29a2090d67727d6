"""The first dimension of tensors: open, or of a fixed number of images."""

from dataclasses import replace

from framemesh.modeling.errors import ModelInvalid, misfit
from framemesh.modeling.manifest import ModelManifest
from framemesh.modeling.signature import OPEN, Tensor


def batch_of(manifest: ModelManifest, image: Tensor) -> int:
    """How many images every request has, as the model's input declares it; OPEN if it leaves
    that open.

    Raises:
        ModelInvalid: it takes fewer than the manifest says, or none.
    """
    batch = image.shape[0] if image.shape else 0
    if batch == OPEN or batch >= manifest.max_batch:
        return batch
    if batch == 1:
        raise _one_at_a_time(manifest, image)
    if batch > 1:
        raise misfit(
            manifest,
            f"max_batch: tensor {image} takes {batch} images at a time: set max_batch to "
            f"{batch}, or export it with an open batch dimension",
        )
    raise misfit(manifest, f"max_batch: tensor {image} must have the batch first: export it so")


def with_batch(manifest: ModelManifest, tensor: Tensor, batch: int) -> Tensor:
    """A tensor that has the batch first, with the batch that requests have; OPEN where they have
    one image, or as many as there are.

    Args:
        batch: what `batch_of` tells of the model.

    Raises:
        ModelInvalid: it declares another one.
    """
    declared = tensor.shape[0]
    if declared == 1 and batch == OPEN and manifest.max_batch > 1:
        raise _one_at_a_time(manifest, tensor)
    if declared not in (OPEN, abs(batch)):
        wanted = "open or 1" if batch in (OPEN, 1) else f"open or {batch}"
        raise misfit(
            manifest,
            f"max_batch: tensor {tensor} must have the batch first, {wanted}: export it so",
        )
    return replace(tensor, shape=(batch if batch > 1 else OPEN, *tensor.shape[1:]))


def _one_at_a_time(manifest: ModelManifest, tensor: Tensor) -> ModelInvalid:
    return misfit(
        manifest,
        f"max_batch: tensor {tensor} takes one image at a time: set max_batch to 1, or export it "
        "with an open batch dimension",
    )
