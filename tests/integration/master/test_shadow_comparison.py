"""The outcomes of a shadow are compared with the real ones, by whichever master leads."""

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.detection import Box, Detection
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.shadows import comparer as comparer_module
from framemesh.master.shadows.comparer import BATCH, Comparer
from framemesh.master.shadows.shadow_store import (
    BUCKET,
    ComparedRun,
    ComparedStage,
    ComparisonConflict,
    ShadowStore,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.messages import outcome_message

MIB = 1024**2


def outcome(number: int, left: float = 0.0, run: str = "") -> Outcome:
    box = Box(left, 0.0, left + 0.2, 0.2)
    return Outcome(
        FrameId("north", "s", number),
        "street",
        Fate.DONE,
        captured_unix_nano=0,
        completed_unix_nano=10**8,
        completed_by="w",
        run=run,
        detections=(Detection("detect", "person", 0, 0.5, box),),
    )


@pytest.fixture
async def store(nats_broker: Broker) -> ShadowStore:
    streams = JetStream(nats_broker).streams
    for name, subject in (
        ("LEDGER-street", "outcomes.street.>"),
        ("RUNS-street", "runs.street.>"),
        ("SHADOW-street", "shadow.street.*"),
    ):
        await streams.create(
            StreamConfig(name=name, subjects=(subject,), max_bytes=16 * MIB, allow_direct=True)
        )
    store = ShadowStore(nats_broker)
    await store.create()
    return store


async def stored(broker: Broker, *outcomes: Outcome) -> None:
    async with publisher(broker) as publish:
        for each in outcomes:
            await publish.store(outcome_message.to_message(each))


def pipeline(shadow: int) -> StoredPipeline:
    rollout = RolloutSpec(shadow=ShadowSpec({"detect": 2}))
    spec = PipelineSpec("street", (StageSpec("detect", "person", 1),), rollout=rollout)
    return StoredPipeline(spec, Generation.of(1, spec), revision=1, shadow=shadow)


async def compared(broker: Broker, shadow: int = 7) -> ComparedRun:
    """By a master that has just begun to lead."""
    return await Comparer(broker, ShadowStore(broker), SystemClock()).compare(pipeline(shadow))


async def test_each_outcome_is_compared_once_whoever_leads(
    store: ShadowStore, nats_broker: Broker
) -> None:
    frames = range(1, BATCH + 21)
    await stored(nats_broker, *map(outcome, frames))
    await stored(nats_broker, *(outcome(each, each % 2 * 0.5, "s7") for each in frames))
    first = await compared(nats_broker)
    assert (first.sequence, first.comparison.compared) == (BATCH, BATCH)
    last = await compared(nats_broker)
    assert last.since_unix_nano == first.since_unix_nano
    assert await compared(nats_broker) == last
    sums = last.comparison
    assert (sums.compared, sums.same) == (BATCH + 20, BATCH // 2 + 10)
    people = sums.classes["person"]
    assert (people.real, people.shadow, people.matched) == (BATCH + 20, BATCH + 20, BATCH // 2 + 10)
    assert people.mean_iou == pytest.approx(1.0)
    assert last.stages == (ComparedStage("detect", "person", 1, 2),)


async def test_the_real_outcome_is_waited_for_and_not_for_ever(
    store: ShadowStore, nats_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(nats_broker, outcome(1), *(outcome(each, run="s7") for each in (1, 2, 3)))
    assert (await compared(nats_broker)).comparison.compared == 1
    await stored(nats_broker, outcome(2))
    assert (await compared(nats_broker)).comparison.compared == 2
    monkeypatch.setattr(comparer_module, "PATIENCE_SECONDS", -60.0)
    sums = (await compared(nats_broker)).comparison
    assert (sums.compared, sums.only_shadow) == (2, 1)


async def test_another_run_begins_with_nothing(store: ShadowStore, nats_broker: Broker) -> None:
    await stored(nats_broker, outcome(1), outcome(1, run="s7"))
    assert (await compared(nats_broker)).comparison.compared == 1
    assert (await compared(nats_broker, 9)).comparison.compared == 0
    await stored(nats_broker, outcome(1, 0.7, run="s9"))
    other = await compared(nats_broker, 9)
    assert (other.comparison.compared, other.comparison.same) == (1, 0)


async def test_what_nobody_of_us_wrote_is_passed_over(
    store: ShadowStore, nats_broker: Broker
) -> None:
    messages = JetStream(nats_broker).messages
    await messages.store("runs.street.s7.north.s.1", b"\xff no outcome")
    await stored(nats_broker, outcome(1), outcome(2), outcome(2, run="s7"))
    assert (await compared(nats_broker)).comparison.compared == 1
    await messages.store(f"$KV.{BUCKET}.street", b"no JSON")
    assert (await compared(nats_broker)).comparison.compared == 1


async def test_a_master_that_was_suspended_writes_nothing_over_the_next_one(
    store: ShadowStore, nats_broker: Broker
) -> None:
    await stored(nats_broker, outcome(1), outcome(1, run="s7"))
    suspended = await compared(nats_broker)
    await stored(nats_broker, outcome(2), outcome(2, run="s7"))
    newest = await compared(nats_broker)
    with pytest.raises(ComparisonConflict):
        await store.put("street", suspended)
    await store.remove("street")
    with pytest.raises(ComparisonConflict):
        await store.put("street", newest)
    assert await store.get("street") is None
