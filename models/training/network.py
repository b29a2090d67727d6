"""The detector: plain 3x3 convolutions.

In onnxruntime, separable ones with fewer parameters took just as long.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .settings import Grid

WIDTHS = (8, 16, 32, 48)
"""Channels at strides 2, 4, 8 and 16; onnxruntime computes them in blocks of 8 or 16."""

RARE = -4.0
"""First bias of the heat: nearly every cell is empty, and the loss need not learn that."""


class Layer(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """[batch, inputs, h, w] to [batch, outputs, h / stride, w / stride]."""
        return functional.relu(self.norm(self.conv(features)), inplace=True)

    def fuse(self) -> None:
        """Moves the normalisation into the convolution; only for a layer that learns no more."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class Residual(nn.Module):
    """Two layers and a shortcut around them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(Layer(channels, channels), Layer(channels, channels))

    def forward(self, features: Tensor) -> Tensor:
        """[batch, channels, h, w], shape unchanged."""
        return features + self.body(features)


class Detector(nn.Module):
    """Pictures to heat and boxes, one of each for every cell of the grid."""

    centers: Tensor
    cell: Tensor

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        fine, coarse = WIDTHS[-2:]
        down = [Layer(inputs, outputs, stride=2) for inputs, outputs in pairwise((3, *WIDTHS))]
        self.near = nn.Sequential(*down[:-1])
        self.far = nn.Sequential(down[-1], Residual(coarse), Layer(coarse, fine, kernel=1))
        self.head = Layer(fine, fine)
        self.heat = nn.Conv2d(fine, 1, 1)
        self.sides = nn.Conv2d(fine, 4, 1)
        nn.init.constant_(self.heat.bias, RARE)
        self.register_buffer("centers", _centers(grid), persistent=False)
        cell = torch.tensor([grid.columns, grid.rows] * 2).reshape(1, 4, 1, 1)
        self.register_buffer("cell", 1 / cell, persistent=False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 [batch, height, width, 3] to heat logits [batch, 1, ...] and boxes [batch, 4, ...].

        The boxes are in fractions of the picture and always hold their cell's centre. The grey
        levels stay 0..255: the first batch normalisation takes the scale out, at no cost.
        """
        near = self.near(pictures.permute(0, 3, 1, 2).float())
        far = functional.interpolate(self.far(near), scale_factor=2.0, mode="nearest")
        features = self.head(near + far)
        return self.heat(features), self._boxes(self.sides(features))

    def _boxes(self, sides: Tensor) -> Tensor:
        """Four distances from the cell's centre, as logarithms of cells, to corners."""
        reach = torch.exp(sides.clamp(-5, 5)) * self.cell
        corners = [self.centers - reach[:, :2], self.centers + reach[:, 2:]]
        return torch.cat(corners, dim=1).clamp(0, 1)


def fuse(network: nn.Module) -> None:
    """Folds every batch normalisation into the convolution before it."""
    for module in network.modules():
        if isinstance(module, Layer):
            module.fuse()


def _centers(grid: Grid) -> Tensor:
    """x and y of every cell's centre, [1, 2, rows, columns], in fractions of the picture."""
    down = (torch.arange(grid.rows) + 0.5) / grid.rows
    across = (torch.arange(grid.columns) + 0.5) / grid.columns
    y, x = torch.meshgrid(down, across, indexing="ij")
    return torch.stack([x, y])[None]
