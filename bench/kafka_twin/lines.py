"""The lines of the table, and who wins each."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.kafka_twin.kinds import Kind

EVEN = 0.05
"""Of a ratio: what is closer to 1 is noise."""

Values = Mapping[str, float]


@dataclass(slots=True)
class Table:
    """What was measured, turn by turn, of both sides."""

    values: dict[str, dict[Kind, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, kind: Kind, values: Values) -> None:
        for line, value in values.items():
            self.values[line][kind].append(value)

    def as_json(self) -> Mapping[str, Mapping[str, Sequence[float]]]:
        return {
            line: {kind.value: found for kind, found in kinds.items()}
            for line, kinds in self.values.items()
        }

    def text(self) -> str:
        title = f"{'median of turns':34} {'jetstream':>10} {'kafka':>10} {'js/kafka':>9}  better"
        return "\n".join([title, *(row(line, kinds) for line, kinds in self.values.items())])


def row(line: str, kinds: Mapping[Kind, Sequence[float]]) -> str:
    """One line of the table."""
    ours, theirs = (kinds.get(kind, ()) for kind in (Kind.JETSTREAM, Kind.KAFKA))
    if not ours or not theirs:
        return f"{line:34} {_number(ours):>10} {_number(theirs):>10}"
    ratio = ratio_of(ours, theirs)
    shown = "" if ratio is None else f"{ratio:.2f}"
    return f"{line:34} {_number(ours):>10} {_number(theirs):>10} {shown:>9}  {better(line, ratio)}"


def ratio_of(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """The median of the ratios of a turn; None: some are 0."""
    if not all(theirs):
        return None
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=False))


def better(line: str, ratio: float | None) -> str:
    """Who wins a line: more is better of rates alone."""
    if ratio is None or abs(ratio - 1) < EVEN:
        return "even" if ratio is not None else ""
    return Kind.JETSTREAM if (ratio > 1) == ("frames/s" in line) else Kind.KAFKA


def _number(values: Sequence[float]) -> str:
    if not values:
        return ""
    value = statistics.median(values)
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
