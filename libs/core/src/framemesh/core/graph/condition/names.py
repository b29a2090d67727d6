"""The names that a condition may use, and of what type each is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """The type of a value; its text stands in messages."""

    TEXT = "a text"
    NUMBER = "a number"
    TIME = "a time of day"
    WEEKDAY = "a weekday"


@dataclass(frozen=True, slots=True)
class PropertyType:
    """What a name stands for."""

    kind: Kind
    of_item: bool = True
    """Else of the frame."""
    of_place: bool = False
    """Whether an item must have a box for it."""


PROPERTIES: Final[Mapping[str, PropertyType]] = {
    "label": PropertyType(Kind.TEXT),
    "score": PropertyType(Kind.NUMBER),
    "area": PropertyType(Kind.NUMBER, of_place=True),
    "x": PropertyType(Kind.NUMBER, of_place=True),
    "y": PropertyType(Kind.NUMBER, of_place=True),
    "width": PropertyType(Kind.NUMBER, of_place=True),
    "height": PropertyType(Kind.NUMBER, of_place=True),
    "camera": PropertyType(Kind.TEXT, of_item=False),
    "time": PropertyType(Kind.TIME, of_item=False),
    "weekday": PropertyType(Kind.WEEKDAY, of_item=False),
}

FUNCTIONS: Final[Mapping[str, str]] = {"in_zone": 'in_zone("yard")', "count": "count(people)"}
"""With an example of each."""

KEYWORDS: Final = ("and", "or", "not", "in")

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As `weekday` tells them."""
