"""The colours of the screen on a light background, and whether the terminal has one."""

import os

from rich.terminal_theme import TerminalTheme

LIGHT_COLOURS = TerminalTheme(
    (240, 240, 240),
    (36, 36, 36),
    [
        (0, 0, 0),
        (190, 18, 30),
        (20, 110, 50),
        (138, 84, 0),
        (20, 70, 160),
        (130, 40, 130),
        (0, 105, 120),
        (90, 90, 90),
    ],
)
"""Green and yellow are dark enough to be read on it: 4.5 to 1 and more."""


def light_terminal() -> bool:
    """Whether the terminal says that its background is light; most say nothing."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background in {"7", "15"}
