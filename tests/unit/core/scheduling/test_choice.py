"""The cheapest in time; else the fastest; or too late."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.scheduling.choice import (
    Choice,
    ChoiceReason,
    Late,
    Situation,
    SkipOptional,
    choose,
)
from framemesh.core.scheduling.configuration import Configuration, InvalidConfiguration, Variant
from framemesh.core.scheduling.offers import ItemOffers, Offer

GOOD, POOR = Variant("good", accuracy=0.9), Variant("poor", accuracy=0.5)
SEEDED = st.integers(0, 10**9).map(random.Random)
BACKENDS = ("edge", "cloud")
EDGE, CLOUD = Configuration("detect", GOOD, "edge", 1), Configuration("detect", GOOD, "cloud", 1)
EDGE_OF_FOUR = Configuration("detect", GOOD, "edge", 4)
CLOUD_POOR = Configuration("detect", POOR, "cloud", 1)
NEVER = float("inf")


def offer(configuration: Configuration, seconds: float, mean: float | None = None) -> Offer:
    return Offer(
        configuration,
        BACKENDS.index(configuration.backend),
        seconds,
        seconds if mean is None else mean,
        configuration.variant == POOR,
    )


OFFERS = [
    offer(EDGE, 0.1),
    offer(EDGE_OF_FOUR, 0.2),
    offer(CLOUD, 0.02, mean=0.016),
    offer(CLOUD_POOR, 0.01, mean=0.008),
]
"""The edge costs 1 a second, the cloud 10."""


def situation(
    allowance: float,
    *,
    items: int = 1,
    remaining: float = 10.0,
    waits: tuple[float, float] = (0.0, 0.0),
    behind: float = 0.0,
    optional: bool = False,
    previous: Configuration | None = None,
    costs: tuple[float, float] = (1.0, 10.0),
) -> Situation:
    return Situation(
        ItemOffers(OFFERS, items, 2),
        waits,
        costs,
        100.0,
        remaining,
        allowance,
        behind,
        behind,
        optional,
        previous,
    )


def chosen(found: object) -> tuple[Configuration, ChoiceReason]:
    assert isinstance(found, Choice)
    return found.configuration, found.reason


def test_the_cheapest_in_time_is_taken() -> None:
    # An input costs 0.1 on the edge and 0.16 in the cloud.
    assert chosen(choose(situation(0.1))) == (EDGE, ChoiceReason.CHEAPEST)
    assert chosen(choose(situation(0.09))) == (CLOUD, ChoiceReason.CHEAPEST)


def test_a_batch_is_cheaper_for_those_that_go_along_if_there_are_any() -> None:
    four = choose(situation(0.2, items=4))
    assert chosen(four) == (EDGE_OF_FOUR, ChoiceReason.CHEAPEST)
    assert isinstance(four, Choice)
    assert four.cost == pytest.approx(0.05)
    assert chosen(choose(situation(0.2, items=1)))[0] == EDGE


def test_what_it_waits_counts_as_time() -> None:
    assert chosen(choose(situation(0.15, waits=(0.06, 0.0))))[0] == CLOUD
    # Both wait too long for the allowance: time is taken from the later stages.
    late = choose(situation(0.15, waits=(0.06, 0.2), remaining=0.5, behind=0.1))
    assert chosen(late) == (EDGE, ChoiceReason.TIGHT)


def test_a_call_is_due_when_its_time_is_over() -> None:
    usual = choose(situation(0.15))
    tight = choose(situation(0.005, remaining=0.5, behind=0.1))
    assert isinstance(usual, Choice)
    assert isinstance(tight, Choice)
    assert usual.due == pytest.approx(100.15)
    assert tight.due == pytest.approx(100.4)


def test_an_accurate_one_that_takes_time_of_later_stages_goes_before_a_less_accurate_one() -> None:
    found = choose(situation(0.015, remaining=0.5, behind=0.1))
    assert isinstance(found, Choice)
    assert (found.configuration, found.degraded) == (EDGE, False)


def test_a_less_accurate_one_goes_before_being_late() -> None:
    found = choose(situation(0.015, remaining=0.115, behind=0.1))
    assert isinstance(found, Choice)
    assert (found.configuration, found.degraded) == (CLOUD_POOR, True)


def test_an_accurate_one_goes_before_a_cheaper_one_that_is_less_accurate_elsewhere() -> None:
    found = choose(situation(0.1, costs=(1.0, 0.1), waits=(0.0, 0.085)))
    # In the cloud only the poor one is in time, for a hundredth of what the edge costs.
    assert isinstance(found, Choice)
    assert (found.configuration, found.degraded) == (EDGE, False)


def test_where_none_is_in_time_for_sure_it_is_the_fastest() -> None:
    # 9 ms: less than is ever needed but for 8 ms on average.
    assert chosen(choose(situation(0.009, remaining=0.009))) == (CLOUD_POOR, ChoiceReason.FASTEST)


def test_a_frame_is_given_up_if_even_the_fastest_is_late_on_average() -> None:
    found = choose(situation(0.005, remaining=0.107, behind=0.1))
    assert isinstance(found, Late)
    assert found.needed == pytest.approx(0.108)
    assert found.fastest.configuration == CLOUD_POOR
    assert not isinstance(choose(situation(0.005, remaining=0.109, behind=0.1)), Late)


def test_what_waits_is_late_where_all_wait() -> None:
    assert isinstance(choose(situation(0.3, remaining=0.3, waits=(0.5, 0.5))), Late)


def test_an_optional_stage_is_left_out_where_it_would_be_late_seldom() -> None:
    # On average the cloud's poor one needs 8 ms, seldom more than 10.
    left = choose(situation(0.009, remaining=0.109, behind=0.1, optional=True))
    assert isinstance(left, SkipOptional)
    assert left.needed == pytest.approx(0.11)
    assert left.remaining == 0.109
    assert isinstance(choose(situation(0.3, remaining=0.12, behind=0.1, optional=True)), Choice)


def test_a_backend_that_is_closed_is_not_chosen() -> None:
    assert chosen(choose(situation(0.3, waits=(NEVER, 0.0))))[0] == CLOUD


def test_nearly_equal_choices_do_not_flap() -> None:
    # The cloud costs 0.16 an input, the edge between 0.15 and 0.17 from moment to moment.
    def follow(hysteresis: float) -> list[Configuration]:
        previous, found = None, list[Configuration]()
        for at in range(20):
            edge = 1.5 if at % 2 else 1.7
            now = situation(0.15, costs=(edge, 10.0), previous=previous)
            previous, _ = chosen(choose(now, hysteresis))
            found.append(previous)
        return found

    assert set(follow(0.0)) == {EDGE, CLOUD}
    assert set(follow(0.1)) == {CLOUD}


def test_what_was_chosen_is_kept_only_while_it_is_in_time_and_nearly_as_cheap() -> None:
    near = situation(0.15, costs=(1.5, 10.0), previous=CLOUD)
    assert chosen(choose(near)) == (CLOUD, ChoiceReason.KEPT)
    far = situation(0.15, costs=(1.0, 10.0), previous=CLOUD)
    assert chosen(choose(far)) == (EDGE, ChoiceReason.CHEAPEST)
    late = situation(0.15, costs=(1.5, 10.0), previous=CLOUD, waits=(0.0, 0.14))
    assert chosen(choose(late)) == (EDGE, ChoiceReason.CHEAPEST)
    poor = situation(0.15, costs=(1.0, 1.0), previous=CLOUD_POOR)
    assert chosen(choose(poor))[0] == CLOUD


def test_of_no_offers_none_is_chosen() -> None:
    nothing = Situation(ItemOffers([], 1, 2), (0.0, 0.0), (1.0, 1.0), 0.0, 1.0, 1.0)
    with pytest.raises(InvalidConfiguration, match="nothing can run"):
        choose(nothing)


@given(SEEDED)
def test_no_offer_that_is_in_time_is_cheaper(dice: random.Random) -> None:
    backends = dice.randint(1, 3)
    offers = [
        Offer(
            Configuration("s", Variant(f"m{at}"), f"b{(place := dice.randrange(backends))}", batch),
            place,
            seconds := dice.uniform(0.01, 1),
            seconds * dice.uniform(0.5, 1),
            dice.random() < 0.3,
        )
        for at, batch in enumerate(dice.choices([1, 2, 4, 8], k=dice.randint(1, 15)))
    ]
    items, limit = dice.randint(1, 8), dice.uniform(0.01, 1.5)
    waits = [dice.choice([0.0, dice.uniform(0, 1), NEVER]) for _ in range(backends)]
    costs = [dice.uniform(0.1, 5) for _ in range(backends)]
    found = choose(Situation(ItemOffers(offers, items, backends), waits, costs, 0.0, limit, limit))
    in_time = [each for each in offers if waits[each.backend] + each.seconds <= limit]

    def price(each: Offer) -> tuple[bool, float]:
        return (
            each.degraded,
            costs[each.backend] * each.mean / min(each.configuration.batch, items),
        )

    if in_time:
        assert isinstance(found, Choice)
        assert found.reason is ChoiceReason.CHEAPEST
        best = min(map(price, in_time))
        assert found.degraded == best[0]
        assert found.cost == pytest.approx(best[1])
    else:
        last = found.fastest if isinstance(found, Late) else found
        assert isinstance(last, Choice)
        assert last.reason is ChoiceReason.FASTEST
        assert last.wait + last.seconds == min(
            waits[each.backend] + each.seconds for each in offers
        )
