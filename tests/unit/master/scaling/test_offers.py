"""From nodes, their prices and their speeds to what is chosen from."""

import pytest

from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.resources import Resources
from framemesh.master.fleet.node_report import NodeReport
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.process_driver import ProcessDriver
from framemesh.master.scaling.offers import NodeOffers, Offer, candidates, share_of
from tests.contract.fleets import MemoryCordons
from tests.hand_clock import HandClock

EAST, WEST = Offer("east", 4, 0.1, kind="a"), Offer("west", 4, 0.3, kind="b")


def spec(**workers: float) -> PipelineSpec:
    return PipelineSpec(
        "street",
        (StageSpec("people", "person", 1),),
        workers=WorkersSpec(min=1, max=6, **workers),  # type: ignore[arg-type]
    )


def priced(name: str, price: float | None, cpus: int = 4) -> NodeReport:
    return NodeReport(name, cpus, 2**30, 0.0, 0, (), price_per_hour=price)


async def offers(
    *reports: NodeReport,
    pipeline: PipelineSpec | None = None,
    rates: dict[str, float] | None = None,
) -> tuple[Offer, ...]:
    registry = NodeRegistry(HandClock())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NodeRegistry, "reports", property(lambda _: list(reports)))
        found = NodeOffers(ProcessDriver(registry), registry, MemoryCordons())
        return await found.of(pipeline or spec(), 1, rates or {})


async def test_nodes_that_are_alike_are_not_chosen_between() -> None:
    assert await offers(priced("east", 0.1), priced("west", 0.1)) == ()
    assert await offers(priced("east", None), priced("west", 0.0), rates={"east": 5}) == ()


async def test_a_worker_costs_what_it_takes_of_its_node() -> None:
    east, west = await offers(
        priced("east", 0.4), priced("west", 1.0, cpus=8), pipeline=spec(cpus=2)
    )
    assert (east.node, east.places, east.price) == ("east", 2, 0.2)
    assert (west.node, west.places, west.price) == ("west", 4, 0.25)


async def test_one_that_reserves_nothing_costs_all_of_it() -> None:
    east, west = await offers(priced("east", 0.4), priced("west", None))
    assert (east.places, east.price, west.price) == (6, 0.4, 0.0)


async def test_nodes_of_unlike_speed_are_chosen_between_whatever_they_cost() -> None:
    found = await offers(priced("east", None), priced("west", None), rates={"east": 5, "west": 20})
    assert [each.node for each in found] == ["east", "west"]


def test_the_largest_part_of_what_is_reserved_counts() -> None:
    node = Resources(cpus=8, memory_bytes=1000, gpus=2)
    assert share_of(Resources(cpus=2, memory_bytes=500), node) == 0.5
    assert share_of(Resources(gpus=1), node) == 0.5
    assert share_of(Resources(cpus=9), node) == 1
    assert share_of(Resources(), node) == 1


def test_a_node_without_a_rate_has_that_of_its_kind_or_else_the_average() -> None:
    kin = Offer("east-2", 2, 0.1, kind="a")
    found = candidates([EAST, kin, WEST], {"east": 10.0}, {"east": 1}, None)
    assert [(each.rate, each.tried) for each in found] == [(10, True), (10, True), (10, False)]
    found = candidates([EAST, WEST], {"east": 10.0, "west": 40.0}, {}, None)
    assert [(each.rate, each.tried) for each in found] == [(10, True), (40, True)]


def test_while_nothing_is_known_of_any_node_all_are_as_fast() -> None:
    found = candidates([EAST, WEST], {}, {"east": 1}, 12.5)
    assert [(each.rate, each.tried, each.running) for each in found] == [
        (12.5, True, 1),
        (12.5, True, 0),
    ]
    assert candidates([EAST, WEST], {}, {}, None) == ()


def test_prices_that_are_equal_and_speeds_that_are_about_equal_leave_no_choice() -> None:
    south = Offer("south", 4, 0.1, kind="a")
    assert candidates([EAST, south], {"east": 10.0, "south": 12.0}, {}, 11.0) == ()
    assert len(candidates([EAST, south], {"east": 10.0, "south": 14.0}, {}, 11.0)) == 2
