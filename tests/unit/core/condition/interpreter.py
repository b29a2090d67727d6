"""What a tree says, computed anew from its definition at each call: slow, and easy to read."""

from datetime import UTC, datetime

from framemesh.core.clock import NANO
from framemesh.core.detection import Box, Detection
from framemesh.core.graph.condition.facts import FrameFacts
from framemesh.core.graph.condition.syntax import (
    And,
    Comparison,
    Count,
    Expression,
    InZone,
    Membership,
    Not,
    Number,
    Operand,
    Operator,
    Or,
    Property,
    Text,
    TimeOfDay,
)

Value = str | float | None


def is_true(of: Expression, item: Detection | None, frame: FrameFacts) -> bool:
    match of:
        case Or(parts):
            return any(is_true(part, item, frame) for part in parts)
        case And(parts):
            return all(is_true(part, item, frame) for part in parts)
        case Not(part):
            return not is_true(part, item, frame)
        case InZone(name):
            return _in_zone(name, item, frame)
        case Membership(operand, choices, negated):
            found = value(operand, item, frame)
            among = any(found == value(choice, item, frame) for choice in choices)
            return found is not None and among != negated
        case Comparison(first, rest):
            lefts = (first, *(operand for _, operand in rest[:-1]))
            return all(
                compares(value(left, item, frame), operator, value(right, item, frame))
                for left, (operator, right) in zip(lefts, rest, strict=True)
            )


def compares(left: Value, operator: Operator, right: Value) -> bool:
    if left is None or right is None:
        return False
    order = (left > right) - (left < right)  # type: ignore[operator]
    return {
        Operator.EQUAL: order == 0,
        Operator.UNEQUAL: order != 0,
        Operator.LESS: order < 0,
        Operator.LESS_OR_EQUAL: order <= 0,
        Operator.GREATER: order > 0,
        Operator.GREATER_OR_EQUAL: order >= 0,
    }[operator]


def value(of: Operand, item: Detection | None, frame: FrameFacts) -> Value:
    match of:
        case Text() | Number():
            return of.value
        case TimeOfDay(seconds):
            return seconds
        case Count(stage, where):
            items = [each for each in frame.items.get(stage, ()) if isinstance(each, Detection)]
            return len([each for each in items if where is None or is_true(where, each, frame)])
        case Property("camera" | "time" | "weekday" as name):
            return _of_frame(name, frame)
        case Property(name):
            return None if item is None else _of_item(name, item)


def _of_frame(name: str, frame: FrameFacts) -> Value:
    if name == "camera":
        return frame.camera
    captured = datetime.fromtimestamp(frame.captured_unix_nano // NANO, UTC)
    if name == "weekday":
        return captured.strftime("%a").lower()
    return captured.hour * 3600 + captured.minute * 60 + captured.second


def _of_item(name: str, item: Detection) -> Value:
    if name in ("label", "score"):
        return item.label if name == "label" else item.score
    return None if item.box is None else _of_box(name, item.box)


def _of_box(name: str, box: Box) -> float:
    width, height = box.right - box.left, box.bottom - box.top
    middle = (box.left + box.right) / 2
    values = {"width": width, "height": height, "area": width * height, "x": middle}
    return values.get(name, box.bottom)


def _in_zone(name: str, item: Detection | None, frame: FrameFacts) -> bool:
    """Of zones that are upright rectangles."""
    if item is None or item.box is None or name not in frame.zones:
        return False
    zone = frame.zones[name]
    if zone.cameras and frame.camera not in zone.cameras:
        return False
    xs, ys = zip(*zone.points, strict=True)
    x, y = (item.box.left + item.box.right) / 2, item.box.bottom
    return bool(min(xs) <= x <= max(xs) and min(ys) <= y <= max(ys))
