"""The detector of codes: a small convolutional network with a heat map of their middles."""

import torch
from torch import Tensor, nn

from training.text.detector_data import CELLS_X, CELLS_Y, SIDE_X, SIDE_Y, STRIDE

WIDTHS = (16, 24, 40)
DILATIONS = (1, 2, 4, 6)
"""A code is up to 30 cells wide: the middle must see both of its ends."""


def convolution(inside: int, outside: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, dilation, dilation, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


class Residual(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.inner = convolution(width, width, dilation=dilation)

    def forward(self, values: Tensor) -> Tensor:
        added: Tensor = values + self.inner(values)
        return added


class Detector(nn.Module):
    """[batch, 3, SIDE_Y, SIDE_X] of 0 to 1 to [batch, 5, CELLS_Y, CELLS_X]: a logit, and how far
    the left, top, right and bottom lie from the middle of the cell, in cells."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = WIDTHS
        self.layers = nn.Sequential(
            convolution(3, first, 2),
            convolution(first, second, 2),
            convolution(second, third, 2),
            *(Residual(third, dilation) for dilation in DILATIONS),
            convolution(third, third),
        )
        self.head = nn.Conv2d(third, 5, 1)
        nn.init.constant_(self.head.bias[0], -4)

    def forward(self, images: Tensor) -> Tensor:
        answer: Tensor = self.head(self.layers(images * 2 - 1))
        return answer


class Exported(nn.Module):
    """The same with what the decoder `centernet` reads: a heat map of peaks, boxes in fractions."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector
        self.register_buffer("middles", _middles()[None] * STRIDE)
        sides = torch.tensor([SIDE_X, SIDE_Y, SIDE_X, SIDE_Y]).float()
        self.register_buffer("sides", sides[None, :, None, None])

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        answer = self.detector(images)
        heat = answer[:, :1].sigmoid()
        highest = nn.functional.max_pool2d(heat, (3, 5), 1, (1, 2))
        peaks = heat * (heat == highest).float()
        return peaks, (self.middles + answer[:, 1:] * STRIDE) / self.sides


def loss(answer: Tensor, heat: Tensor, sides: Tensor) -> Tensor:
    """Focal loss of the heat map (CenterNet), and the distance of the sides in cells."""
    middles = _middles()
    logit = answer[:, 0]
    chance = logit.sigmoid().clamp(1e-5, 1 - 1e-5)
    is_middle = (heat == 1).float()
    right = is_middle * (1 - chance) ** 2 * chance.log()
    wrong = (1 - is_middle) * (1 - heat) ** 4 * chance**2 * (1 - chance).log()
    count = is_middle.sum().clamp(min=1)
    has_box = (sides != 0).any(dim=1).float()
    distance = nn.functional.smooth_l1_loss(
        answer[:, 1:], sides / STRIDE - middles, reduction="none", beta=0.2
    ).mean(dim=1)
    boxes = (distance * has_box).sum() / has_box.sum().clamp(min=1)
    return -(right + wrong).sum() / count + boxes


def _middles() -> Tensor:
    """[4, CELLS_Y, CELLS_X]: x, y, x, y of the middle of each cell, in cells."""
    rows, columns = torch.meshgrid(torch.arange(CELLS_Y), torch.arange(CELLS_X), indexing="ij")
    return torch.stack([columns, rows, columns, rows]).float() + 0.5
