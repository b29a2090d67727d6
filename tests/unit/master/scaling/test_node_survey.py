"""How often nodes and workers are asked for, and what happens when nobody answers."""

from collections.abc import Mapping

import pytest

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.master.scaling.node_survey import RETRY_SECONDS, NodeSurvey
from framemesh.master.scaling.offers import NodeOffers, Offer
from framemesh.master.scaling.policy import DEFAULT_POLICY
from framemesh.master.scaling.scaling_store import Scaled
from framemesh.master.scaling.watched_pipeline import WatchedPipeline
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.worker_speeds import PERIOD_SECONDS, WorkerSpeeds
from tests.hand_clock import HandClock

SPEC = PipelineSpec(
    "street", (StageSpec("people", "person", 1),), workers=WorkersSpec(min=1, max=4)
)
STORED = StoredPipeline(SPEC, Generation.of(1, SPEC))


class Answers(NodeOffers, WorkerSpeeds):
    """What nodes offer and workers say, and how often that was asked for."""

    def __init__(self) -> None:
        self.offers: tuple[Offer, ...] = (Offer("cheap", 4, 0.1), Offer("fast", 4, 0.3))
        self.asked = 0
        self.away = False

    async def of(  # type: ignore[override]
        self, what: PipelineSpec | str, revision: int = 0, rates: Mapping[str, float] | None = None
    ) -> tuple[Offer, ...] | dict[str, WorkerSpeed]:
        if self.away:
            raise BrokerUnavailable("no answer in time")
        if isinstance(what, str):
            self.asked += 1
            return {"w": WorkerSpeed(600)}
        return self.offers


class World:
    def __init__(self, nodes: Mapping[str, int]) -> None:
        self.clock, self.answers = HandClock(), Answers()
        self.survey = NodeSurvey(self.answers, self.answers, self.clock)
        self.watched = WatchedPipeline(Scaled(1, nodes=nodes), self.clock, DEFAULT_POLICY)
        worker = Replica("w", "street", 1, "cheap", WorkerState.READY)
        self.watched.observed("street", FleetState((worker,)))

    async def after(self, seconds: float) -> int:
        """How often was asked by then."""
        self.clock.seconds += seconds
        await self.survey.ask(self.watched, STORED)
        return self.answers.asked


@pytest.fixture
def world() -> World:
    return World({})


async def test_it_is_asked_every_few_seconds(world: World) -> None:
    assert [await world.after(each) for each in (0, 1, PERIOD_SECONDS - 1, 0)] == [1, 1, 2, 2]
    assert world.watched.offers == world.answers.offers
    assert world.watched.rates == {"cheap": 10.0}


async def test_nodes_that_were_there_before_are_asked_for_again_soon() -> None:
    world = World({"fast": 1})
    world.answers.offers = ()
    assert [await world.after(each) for each in (0, RETRY_SECONDS, RETRY_SECONDS)] == [1, 2, 3]
    world.answers.offers = (Offer("fast", 4),)
    assert [await world.after(each) for each in (RETRY_SECONDS, RETRY_SECONDS)] == [4, 4]


async def test_what_is_known_stays_when_nobody_answers(world: World) -> None:
    await world.after(0)
    world.answers.away = True
    await world.after(PERIOD_SECONDS)
    assert world.watched.offers == world.answers.offers
    assert world.watched.rates == {"cheap": 10.0}
