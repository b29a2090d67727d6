"""What holds up the scaling of one pipeline, or of one leader, and what does not."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping

from nats.aio.client import Client
from nats.aio.msg import Msg

from framemesh.core.documents.document import dump
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.history.events import NoEvents
from framemesh.master.scaling.autoscaler import Autoscaler
from framemesh.master.scaling.scaling_store import Scaled, ScalingStore
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import Pipelines
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from tests.hand_clock import HandClock
from tests.waiting import eventually

CREATED = "2026-01-01T00:00:00Z"

STREAM: dict[str, object] = {
    "created": CREATED,
    "config": {
        "name": "frames",
        "storage": "file",
        "retention": "workqueue",
        "discard": "new",
        "max_bytes": 1,
        "num_replicas": 1,
    },
    "state": {"messages": 1, "bytes": 1, "first_seq": 1, "last_seq": 1},
}


class Streams(Broker):
    """A connection to streams of one frame each. That of `hanging` is never told of."""

    def __init__(self, asked: Callable[[], None] = lambda: None) -> None:
        super().__init__("nats://nowhere")
        self.connected.set()
        self.written: list[str] = []
        self.given_up = 0
        """Questions that nobody waits for any more."""
        self._asked = asked
        self.stored: Scaled | None = None
        """What another master stored; None: there is no other."""

    async def call(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> Msg:
        answer: dict[str, object] = {"stream": "KV", "seq": 1}
        if "STREAM.INFO" in subject:
            if "FRAMES-hanging" in subject:
                try:
                    await asyncio.Event().wait()
                finally:
                    self.given_up += 1
            self._asked()
            answer = STREAM
        elif "MSG.GET" in subject and self.stored:
            value = base64.b64encode(json.dumps(dump(self.stored)).encode()).decode()
            message = {"subject": "s", "seq": self.stored.entry, "data": value, "time": CREATED}
            answer = {"message": message}
        else:
            self.written.append(subject)
            if self.stored:
                answer = {"error": {"code": 400, "err_code": 10071, "description": "wrong"}}
        return Msg(Client(), data=json.dumps(answer).encode())


class Source:
    unreadable: Collection[str] = ()

    def __init__(self, *names: str) -> None:
        self.pipelines = {name: sleeping(name) for name in names}

    async def known(self) -> Pipelines:
        return self.pipelines

    async def changes(self) -> AsyncIterator[Pipelines]:
        yield self.pipelines


class Term:
    certain = True
    epoch = 1


def sleeping(name: str) -> StoredPipeline:
    """A pipeline without workers: its first frame wakes it."""
    workers = WorkersSpec(min=0, max=3)
    spec = PipelineSpec(name, (StageSpec("people", "person", 1),), workers=workers)
    return StoredPipeline(spec, Generation.of(1, spec))


def autoscaler(broker: Broker) -> Autoscaler:
    return Autoscaler(
        broker,
        ScalingStore(broker),
        changed=asyncio.Event(),
        events=NoEvents(),
        clock=HandClock(),
    )


async def test_a_stream_that_does_not_answer_holds_up_no_other_pipeline() -> None:
    broker, source = Streams(), Source("hanging", "street")
    scaler = autoscaler(broker)
    street = source.pipelines["street"].spec
    async with background_task(scaler.run(source, Term())):
        await eventually(lambda: scaler.replicas(street), until=lambda count: count == 1)
        assert broker.given_up == 0
    assert scaler.replicas(source.pipelines["hanging"].spec) == 0


async def test_a_pipeline_deleted_before_its_first_decision_is_unwatched() -> None:
    broker, source = Streams(), Source("hanging")
    scaler = autoscaler(broker)
    async with background_task(scaler.run(source, Term())):
        await eventually(lambda: scaler.watched("hanging"))
        source.pipelines = {}
        await eventually(lambda: scaler.watched("hanging") is None)
    assert broker.written == []


async def test_a_leader_that_was_suspended_stores_no_decision() -> None:
    term = Term()
    asked = asyncio.Event()

    def suspended() -> None:
        term.certain = False
        asked.set()

    broker, source = Streams(suspended), Source("street")
    scaler = autoscaler(broker)
    async with background_task(scaler.run(source, term)):
        await asked.wait()
        await eventually(lambda: (each := scaler.watched("street")) and each.load)
    assert broker.written == []
    assert scaler.replicas(source.pipelines["street"].spec) == 0


async def test_a_decision_of_another_master_is_taken_over() -> None:
    """Written between two looks of this one: it is read, and the next decision replaces it."""
    broker, source = Streams(), Source("street")
    broker.stored = Scaled(2, entry=7)
    scaler = autoscaler(broker)
    street = source.pipelines["street"].spec
    await scaler.look(source, Term())
    assert scaler.replicas(street) == 2
    assert broker.written == ["$KV.framemesh-scaling.street"]
