"""Which results are sent, in what, how often, and which are left out."""

import pytest

from framemesh.api.common.v1 import frame_pb2, outcome_pb2
from framemesh.sink.errors import ResultsRefused, TargetTrouble
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.deliveries import REFUSALS, Deliveries, Unit, units


def result(sequence: int) -> Result:
    frame = frame_pb2.FrameId(camera="north", session="s", sequence=sequence)
    return Result(outcome_pb2.Outcome(frame=frame), 100)


class Target:
    """Takes what has none of the numbers that it refuses."""

    def __init__(self, *refused: int) -> None:
        self.refused = set(refused)
        self.refuses_all = False
        self.taken: list[int] = []
        self.requests = 0

    async def send(self, unit: Unit) -> None:
        self.requests += 1
        numbers = [each.outcome.frame.sequence for each in unit]
        if self.refuses_all or self.refused.intersection(numbers):
            raise ResultsRefused("answered 422")
        self.taken += numbers


async def flush(deliveries: Deliveries, target: Target, *numbers: int, tries: int) -> int:
    """Try as often as that, as a sink does after pauses; returns how many tries failed."""
    batch = units([result(number) for number in numbers], 100, 10**6)
    for failed in range(tries):
        try:
            await deliveries.send_all(batch, target.send)
        except TargetTrouble:
            continue
        return failed
    return tries


@pytest.mark.parametrize("in_flight", [1, 4])
async def test_what_is_refused_is_left_out_and_all_else_arrives_once(in_flight: int) -> None:
    deliveries, target = Deliveries(in_flight, "yard"), Target(7, 8)
    failed = await flush(deliveries, target, *range(1, 101), tries=100)
    others = [number for number in range(1, 101) if number not in target.refused]
    assert (target.taken if in_flight == 1 else sorted(target.taken)) == others
    assert deliveries.refused == 2
    assert failed < 2 * REFUSALS


async def test_one_that_is_taken_after_all_is_not_left_out() -> None:
    deliveries, target = Deliveries(4, "yard"), Target(7)
    assert await flush(deliveries, target, 6, 7, 8, tries=REFUSALS - 1) == REFUSALS - 1
    target.refused.clear()
    assert await flush(deliveries, target, 6, 7, 8, tries=1) == 0
    assert sorted(target.taken) == [6, 7, 8]
    assert deliveries.refused == 0


async def test_a_target_that_refuses_all_from_the_beginning_loses_nothing() -> None:
    deliveries, target = Deliveries(4, "yard"), Target()
    target.refuses_all = True
    assert await flush(deliveries, target, 1, 2, tries=50) == 50
    target.refuses_all = False
    assert await flush(deliveries, target, 1, 2, tries=1) == 0
    assert sorted(target.taken) == [1, 2]


async def test_one_that_begins_to_refuse_all_loses_one_flush_at_most() -> None:
    deliveries, target = Deliveries(4, "yard"), Target()
    assert await flush(deliveries, target, 1, tries=1) == 0
    target.refuses_all = True
    assert await flush(deliveries, target, 2, tries=50) < 50
    assert await flush(deliveries, target, 3, tries=50) == 50
    assert deliveries.refused == 1


async def test_a_target_in_trouble_is_asked_no_more_in_this_flush() -> None:
    deliveries, target = Deliveries(1, "yard"), Target()

    async def away(unit: Unit) -> None:
        target.requests += 1
        raise TargetTrouble("is away")

    batch = units([result(number) for number in range(1, 11)], 1, 10**6)
    with pytest.raises(TargetTrouble, match="is away"):
        await deliveries.send_all(batch, away)
    assert target.requests == 1
