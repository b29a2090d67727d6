"""Parts of a condition that are never true whatever is in a frame, or always."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from framemesh.core.graph.condition.bounds import Bound, bounds
from framemesh.core.graph.condition.ranges import DAY, FRACTION, WHOLE
from framemesh.core.graph.condition.syntax import (
    And,
    Comparison,
    Count,
    Expression,
    Membership,
    Property,
)
from framemesh.core.graph.condition.texts import several_texts
from framemesh.core.graph.condition.uses import every_part
from framemesh.core.graph.condition.writing import written

_RANGES: Final = {FRACTION: "from 0 to 1", WHOLE: "0 or more", DAY: "00:00 or later"}


def senseless(root: Expression) -> Iterator[str]:
    """A line for each such part, with the reason."""
    for part in every_part(root):
        match part:
            case Comparison():
                yield from _alone(part) or _together((part,))
            case Membership():
                yield from _alone(part)
            case And(joined):
                yield from _together([each for each in joined if not _wrong_alone(each)])
                yield from several_texts(part)
            case _:
                continue


def _alone(part: Expression) -> list[str]:
    """What a name cannot be."""
    found = ((bound, _how_often(bound)) for bound in bounds(part))
    return [f"{bound} is {often} true: {_reason(bound)}" for bound, often in found if often]


def _how_often(bound: Bound) -> str:
    if bound.is_never_true:
        return "never"
    return "always" if bound.is_always_true else ""


def _reason(bound: Bound) -> str:
    name = "a count" if isinstance(bound.of, Count) else written(bound.of)
    reason = f"{name} is {_RANGES[bound.possible]}"
    if bound.possible is FRACTION and 2 <= bound.value <= 100:
        return f"{reason}; write {bound.value / 100:g} for {bound.value:g}%"
    return reason


def _together(parts: Sequence[Expression]) -> Iterator[str]:
    """What a name cannot be at once. Of comparisons alone: of a `Membership` one choice will do."""
    by_name: defaultdict[Property | Count, list[Bound]] = defaultdict(list)
    for part in parts:
        for bound in bounds(part) if isinstance(part, Comparison) else ():
            by_name[bound.of].append(bound)
    for name, said in by_name.items():
        left = said[0].possible
        for bound in said:
            left = left.narrowed(bound.operator, bound.value)
        if left.is_empty:
            reason = f"no {written(name)} is both"
            if said[0].possible is DAY:
                reason = "a night is time >= 22:00 or time < 06:00"
            yield f"{' and '.join(map(str, said))} is never true: {reason}"


def _wrong_alone(part: Expression) -> bool:
    return bool(_alone(part)) or any(_together((part,)))
