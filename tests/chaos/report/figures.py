"""The figures of each fault, over all rounds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.faults.injected_fault import InjectedFault
from tests.chaos.ledger.violation import Promise
from tests.chaos.rounds.round import Round

UNDER_WAY_NANO = 3_000_000_000
"""A frame captured this shortly before a fault may have been in flight when it struck."""


@dataclass(slots=True)
class Figures:
    """The figures of one fault."""

    name: str
    times: int = 0
    broken: Counter[Promise] = field(default_factory=Counter)
    """Violations by guarantee, of frames that were in flight."""
    longest_gap: float = 0.0
    """Gaps in seconds: times without any outcome."""
    slowest_frame: float = 0.0
    """Latencies in seconds, from capture to outcome."""
    recoveries: list[float] = field(default_factory=list)
    """Recovery times in seconds."""
    unrecovered: int = 0


def figures(rounds: Iterable[Round]) -> list[Figures]:
    """The figures of all rounds, one entry for each fault, by name."""
    found: dict[str, Figures] = {}
    for each in rounds:
        for injected, until in _windows(each):
            name = injected.fault.name
            _add(found.setdefault(name, Figures(name)), each, injected, until)
    return [found[name] for name in sorted(found)]


def _windows(each: Round) -> Iterator[tuple[InjectedFault, int]]:
    """Each injected fault, with the time until which effects are attributed to it."""
    ends = [*(injected.began for injected in each.injected_faults[1:]), each.load_ended]
    yield from zip(each.injected_faults, ends, strict=False)


def _add(sum_: Figures, each: Round, injected: InjectedFault, until: int) -> None:
    sum_.times += 1
    if injected.recovery_seconds is not None:
        sum_.recoveries.append(injected.recovery_seconds)
    elif injected.awaited:
        sum_.unrecovered += 1
    first = injected.began - UNDER_WAY_NANO
    # Frames in flight at the end are attributed to the last fault.
    last = until if until == each.load_ended else until - UNDER_WAY_NANO
    sum_.broken.update(
        violation.promise
        for violation in each.violations
        if violation.at_unix_nano is not None and first <= violation.at_unix_nano < last
    )
    outcomes = [o for o in each.evidence.record.outcomes if o.fate != "rejected"]
    stored = sorted(o.stored_unix_nano for o in outcomes)
    sum_.longest_gap = max(sum_.longest_gap, _longest_gap(stored, injected.began, until))
    ages = (
        o.stored_unix_nano - o.captured_unix_nano
        for o in outcomes
        if first <= o.captured_unix_nano < last
    )
    sum_.slowest_frame = max(sum_.slowest_frame, max(ages, default=0) / 1e9)


def _longest_gap(stored: Sequence[int], began: int, until: int) -> float:
    """The longest time without an outcome, in seconds, that ended between `began` and `until`."""
    gaps = (later - earlier for earlier, later in pairwise(stored) if began < later <= until)
    return max(gaps, default=0) / 1e9
