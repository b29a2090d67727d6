"""The reader of codes: a small convolutional network.

It answers as readers do that are trained with CTC: a letter or a blank for each step."""

from torch import Tensor, nn

from training.text.labels import ALPHABET

CLASSES = len(ALPHABET) + 1
"""Class 0 is the blank."""


def convolution(
    inside: int,
    outside: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int] = (1, 1),
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(),
    )


class Reader(nn.Module):
    """[batch, 1, 24, 192] of 0 to 1 to logits [batch, 48, CLASSES]."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            convolution(1, 16, (3, 3), (1, 2)),
            nn.MaxPool2d((2, 1)),
            convolution(16, 40, (3, 3), (2, 2)),
            convolution(40, 56, (3, 3), (1, 1)),
            convolution(56, 64, (3, 3), (2, 1)),
            convolution(64, 80, (3, 3), (1, 1), (0, 1)),
            convolution(80, 80, (1, 5), (1, 1), (0, 2)),
        )
        self.head = nn.Conv1d(80, CLASSES, 1)

    def forward(self, images: Tensor) -> Tensor:
        columns = self.layers(images * 2 - 1).squeeze(2)
        answer: Tensor = self.head(columns).transpose(1, 2)
        return answer
