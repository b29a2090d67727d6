"""The figures of each fault, over all rounds."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.injected_fault import InjectedFault
from tests.chaos.ledger.violation import Promise
from tests.chaos.round import Round

UNDER_WAY_NANO = 3_000_000_000
"""A frame that was taken so shortly before a fault may have been hit by it on its way."""


@dataclass(slots=True)
class Figures:
    """Of one fault."""

    name: str
    times: int = 0
    broken: Counter[Promise] = field(default_factory=Counter)
    """How often each promise, for frames that were under way."""
    longest_gap: float = 0.0
    """Seconds without any outcome."""
    slowest_frame: float = 0.0
    """Seconds from capture to outcome."""
    recoveries: list[float] = field(default_factory=list)
    """Seconds."""
    unrecovered: int = 0


def figures(rounds: Iterable[Round]) -> list[Figures]:
    """By the name of the fault."""
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
    # What was under way at the end is the last fault's: no other comes.
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
    """Seconds of the longest time without an outcome that ended between the two."""
    gaps = (later - earlier for earlier, later in pairwise(stored) if began < later <= until)
    return max(gaps, default=0) / 1e9
