"""Functions that take the value of a name out of what is known of an item and its frame."""

from collections.abc import Callable
from typing import Any, Final

from framemesh.core.clock import NANO
from framemesh.core.graph.condition.facts import PLACES, FrameFacts, ItemFacts
from framemesh.core.graph.condition.names import WEEKDAYS

Getter = Callable[[ItemFacts | None, FrameFacts], Any]
"""Its value is that of a literal of the same type (`literal_value`), or None: it is not known."""

DAY_NANO: Final = 24 * 3600 * NANO

_THURSDAY: Final = 3
"""The weekday of the first day of the Unix epoch."""


def _label(item: ItemFacts | None, frame: FrameFacts) -> str | None:
    return None if item is None else item.label


def _score(item: ItemFacts | None, frame: FrameFacts) -> float | None:
    return None if item is None else item.score


def _camera(item: ItemFacts | None, frame: FrameFacts) -> str:
    return frame.camera


def _time(item: ItemFacts | None, frame: FrameFacts) -> int:
    return frame.captured_unix_nano % DAY_NANO


def _weekday(item: ItemFacts | None, frame: FrameFacts) -> str:
    return WEEKDAYS[(frame.captured_unix_nano // DAY_NANO + _THURSDAY) % 7]


def _placed(name: str) -> Getter:
    measured = PLACES[name]

    def get(item: ItemFacts | None, frame: FrameFacts) -> float | None:
        box = None if item is None else item.box
        return None if box is None else measured(box)

    return get


GETTERS: Final[dict[str, Getter]] = {
    "label": _label,
    "score": _score,
    "camera": _camera,
    "time": _time,
    "weekday": _weekday,
    **{name: _placed(name) for name in PLACES},
}
"""By name, as `names.PROPERTIES` has them."""
