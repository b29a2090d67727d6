"""The loss functions of the network."""

import torch
from torch import Tensor
from torch.nn import functional

FOCUS = 1.0
"""Power of the error that weighs a cell: the many cells that are right already count little."""


def heat_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Focal cross entropy for soft targets, both [batch, 1, rows, columns].

    Divided by the heat to be found, so that crowded frames do not count more per person.
    """
    error = (heat - logits.sigmoid()).abs().pow(FOCUS).detach()
    entropy = functional.binary_cross_entropy_with_logits(logits, heat, reduction="none")
    return (error * entropy).sum() / heat.sum().clamp(min=1)


def box_loss(boxes: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Mean of 1 - generalised IoU over the cells, each counting with its `weight`.

    `boxes` and `wanted` are [batch, 4, rows, columns], `weight` is [batch, 1, rows, columns].
    """
    shared = _area(torch.max(boxes[:, :2], wanted[:, :2]), torch.min(boxes[:, 2:], wanted[:, 2:]))
    hull = _area(torch.min(boxes[:, :2], wanted[:, :2]), torch.max(boxes[:, 2:], wanted[:, 2:]))
    union = _area(boxes[:, :2], boxes[:, 2:]) + _area(wanted[:, :2], wanted[:, 2:]) - shared
    iou = shared / union.clamp(min=1e-9)
    generalised = iou - (hull - union) / hull.clamp(min=1e-9)
    return ((1 - generalised) * weight[:, 0]).sum() / weight.sum().clamp(min=1)


def _area(corner: Tensor, opposite: Tensor) -> Tensor:
    """[batch, 2, rows, columns] twice, to [batch, rows, columns]; 0 where turned inside out."""
    return (opposite - corner).clamp(min=0).prod(dim=1)
