"""The cheapest configuration that will be in time; else the fastest; or that it is too late."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from framemesh.core.scheduling.configuration import Configuration, InvalidConfiguration
from framemesh.core.scheduling.offers import ItemOffers, Priced

HYSTERESIS = 0.1
"""What is cheaper by less than this part is not changed to: estimates differ by as much from one
moment to the next, and a model that is used in turns on two backends is warm on neither."""


class ChoiceReason(Enum):
    """Why it was this one."""

    CHEAPEST = "the cheapest in time"
    KEPT = "nearly as cheap as the cheapest, and in use"
    TIGHT = "in time only with time that was meant for later stages"
    FASTEST = "none is in time: the fastest"


@dataclass(frozen=True, slots=True)
class Choice:
    """How a call is to be run."""

    configuration: Configuration
    reason: ChoiceReason
    seconds: float
    """That it takes once it began, seldom more."""
    wait: float
    """Seconds that work in front of it takes, as expected."""
    cost: float
    """Of each input, in the measure of the objective."""
    due: float
    """When it should be done, so that the rest is in time."""
    degraded: bool = False
    """Whether the variant is less accurate than the stage asks for: better than none."""


@dataclass(frozen=True, slots=True)
class Late:
    """The frame will miss its deadline, whatever is done: even on average, on what is fastest."""

    needed: float
    """Seconds of this call and all that follow it, at least."""
    remaining: float
    """Seconds until the deadline."""
    fastest: Choice
    """For a pipeline that gives up no frame."""


@dataclass(frozen=True, slots=True)
class SkipOptional:
    """The stage is optional, and with it the frame would be late more often than allowed."""

    needed: float
    """Seconds of this call and all that must follow it."""
    remaining: float


Decision = Choice | Late | SkipOptional


@dataclass(frozen=True, slots=True)
class Situation:
    """What a choice depends on. Seconds, and lists by the place of a backend."""

    offers: ItemOffers
    waits: Sequence[float]
    """Until a call would begin; infinite where none should be sent."""
    costs: Sequence[float]
    """Of one second, of one batch."""
    now: float
    remaining: float
    """Until the deadline of the frame."""
    allowance: float
    """What the budget gives this call of it."""
    behind: float = 0.0
    """Of what must follow, at least; seldom more."""
    behind_mean: float = 0.0
    """The same, on average."""
    optional: bool = False
    previous: Configuration | None = None
    """What was chosen for this stage before."""


def choose(situation: Situation, hysteresis: float = HYSTERESIS) -> Decision:
    """The configuration for a call.

    A variant that is accurate enough, and takes time of later stages, goes before a less accurate
    one that does not; that goes before being late (Loki, arXiv 2407.03583).

    Raises:
        InvalidConfiguration: nothing is offered.
    """
    fastest, wait = _fastest(situation)
    needed = wait + fastest.seconds + situation.behind
    if situation.optional and needed > situation.remaining:
        return SkipOptional(needed, situation.remaining)
    needed = wait + fastest.offer.mean + situation.behind_mean
    if needed > situation.remaining:
        last = _choice(situation, fastest, ChoiceReason.FASTEST, situation.remaining)
        return Late(needed, situation.remaining, last)
    limit, reason = min(situation.allowance, situation.remaining), ChoiceReason.CHEAPEST
    found = _cheapest(situation, limit)
    if found is None or found.offer.degraded:
        most = situation.remaining - situation.behind
        tight = _cheapest(situation, most)
        if tight is not None and (found is None or not tight.offer.degraded):
            found, limit, reason = tight, most, ChoiceReason.TIGHT
    if found is None:
        return _choice(situation, fastest, ChoiceReason.FASTEST, situation.remaining)
    kept = _kept(situation, found, limit, hysteresis)
    if kept is not None:
        return _choice(situation, kept, ChoiceReason.KEPT, limit)
    return _choice(situation, found, reason, limit)


def _cheapest(situation: Situation, limit: float) -> Priced | None:
    best, best_rank = None, (True, _NEVER)
    for place, frontier in enumerate(situation.offers.frontiers):
        # The first whose seconds are not above what the wait leaves of the limit.
        at = bisect_left(frontier.negative_seconds, situation.waits[place] - limit)
        if at < len(frontier.priced):
            found = frontier.priced[at]
            rank = (found.offer.degraded, situation.costs[place] * found.per_item)
            if rank < best_rank:
                best, best_rank = found, rank
    return best


def _fastest(situation: Situation) -> tuple[Priced, float]:
    """The one that ends first, and its wait."""
    best, best_wait, best_end = None, 0.0, _NEVER
    for frontier, wait in zip(situation.offers.frontiers, situation.waits, strict=True):
        if frontier.priced and (end := wait + frontier.priced[-1].seconds) <= best_end:
            best, best_wait, best_end = frontier.priced[-1], wait, end
    if best is None:
        raise InvalidConfiguration("a call that nothing can run: give its stage a configuration")
    return best, best_wait


def _kept(situation: Situation, found: Priced, limit: float, hysteresis: float) -> Priced | None:
    """What was chosen before, where it is worth no change."""
    before = situation.previous
    if before is None or before == found.offer.configuration:
        return None
    most = _cost(situation, found) * (1.0 + hysteresis)
    for priced in situation.offers.by_configuration.get(before, ()):
        in_time = situation.waits[priced.offer.backend] + priced.seconds <= limit
        accurate = priced.offer.degraded <= found.offer.degraded
        if in_time and accurate and _cost(situation, priced) <= most:
            return priced
    return None


def _cost(situation: Situation, priced: Priced) -> float:
    return situation.costs[priced.offer.backend] * priced.per_item


def _choice(situation: Situation, priced: Priced, reason: ChoiceReason, limit: float) -> Choice:
    offer = priced.offer
    return Choice(
        offer.configuration,
        reason,
        offer.seconds,
        situation.waits[offer.backend],
        _cost(situation, priced),
        situation.now + limit,
        offer.degraded,
    )


_NEVER = float("inf")
