"""The finder of joints: a small hourglass with a heat map for each of them."""

import torch
from torch import Tensor, nn

from training.pose.arms import KEYPOINTS

WIDTHS = (16, 32, 48, 56)
DILATIONS = (1, 2, 4, 1)
"""An arm is up to a whole picture wide: each place must see all of it."""


def convolution(
    inside: int, outside: int, stride: int = 1, dilation: int = 1, kernel: int = 3
) -> nn.Sequential:
    padding = dilation if kernel == 3 else 0
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, padding, dilation, bias=False),
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


class Widened(nn.Module):
    """Twice as many rows and columns, with the finer features added."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.narrow = convolution(inside, outside, kernel=1)
        self.mix = convolution(outside, outside)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        wide = nn.functional.interpolate(self.narrow(coarse), scale_factor=2.0, mode="nearest")
        mixed: Tensor = self.mix(wide + fine)
        return mixed


class Joints(nn.Module):
    """[batch, 3, 144, 192] of 0 to 1 to logits [batch, joints, 36, 48]."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth = WIDTHS
        self.fine = nn.Sequential(convolution(3, first, 2), convolution(first, second, 2))
        self.middle = nn.Sequential(convolution(second, third, 2), Residual(third, 1))
        self.coarse = nn.Sequential(
            convolution(third, fourth, 2), *(Residual(fourth, each) for each in DILATIONS)
        )
        self.to_middle, self.to_fine = Widened(fourth, third), Widened(third, second)
        self.head = nn.Conv2d(second, len(KEYPOINTS), 1)
        nn.init.constant_(self.head.bias, -4)

    def forward(self, images: Tensor) -> Tensor:
        fine = self.fine(images * 2 - 1)
        middle = self.middle(fine)
        wide = self.to_middle(self.coarse(middle), middle)
        answer: Tensor = self.head(self.to_fine(wide, fine))
        return answer


class Exported(nn.Module):
    """The same with heat of 0 to 1, which `heatmap-pose` reads."""

    def __init__(self, joints: Joints) -> None:
        super().__init__()
        self.joints = joints

    def forward(self, images: Tensor) -> Tensor:
        return torch.sigmoid(self.joints(images))
