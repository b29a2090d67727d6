"""A projection of another kind than the ledger, from the same stream."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.monitor.projection.checkpoint_store import CheckpointStore
from framemesh.monitor.projection.projection import Progress, ProjectionType
from framemesh.monitor.projection.runner import ProjectionRunner
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.broadcast import Broadcast
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from tests.integration.monitor.conftest import Writer

STREAM = "LEDGER-street"


class Sizes:
    """How many bytes all messages have."""

    def __init__(self, total: int = 0) -> None:
        self.total = total

    def apply(self, message: ReceivedMessage) -> None:
        self.total += len(message.payload)

    def capture(self) -> Callable[[], bytes]:
        total = self.total
        return lambda: str(total).encode()


SIZES = ProjectionType("sizes", empty=Sizes, restore=lambda state: Sizes(int(state)))


@asynccontextmanager
async def running(broker: Broker, advanced: Broadcast) -> AsyncIterator[ProjectionRunner[Sizes]]:
    checkpoints = CheckpointStore(broker)
    await checkpoints.create()
    runner = ProjectionRunner(
        broker,
        "street",
        STREAM,
        SIZES,
        checkpoints=checkpoints,
        advanced=advanced,
        clock=SystemClock(),
    )
    async with background_task(runner.run()):
        yield runner


async def read_to_end(broker: Broker) -> Progress[Sizes]:
    """With a runner that is stopped then."""
    end, advanced = OrderedReader(broker, STREAM, SystemClock()), Broadcast()
    last = await end.last_sequence()
    async with running(broker, advanced) as runner:

        def whole() -> Progress[Sizes] | None:
            found = runner.current(end.created)
            return found if found and found.sequence >= last else None

        return await advanced.wait_for(whole)


async def test_any_projection_is_kept_up_to_date_and_goes_on_from_its_checkpoint(
    nats_broker: Broker, pipeline: PipelineSpec, writer: Writer
) -> None:
    await writer.complete("north", range(1, 11))
    first = await read_to_end(nats_broker)
    assert first.sequence == 10
    assert first.projection.total > 0
    # What was read is gone: only the checkpoint has it.
    await nats_broker.request(f"$JS.API.STREAM.PURGE.{STREAM}", {})
    await writer.complete("north", range(11, 21))
    second = await read_to_end(nats_broker)
    assert (second.sequence, second.unread) == (20, 0)
    assert second.projection.total > first.projection.total
    assert await CheckpointStore(nats_broker).keys() == ["street.sizes"]


async def test_a_damaged_checkpoint_of_any_projection_is_ignored(
    nats_broker: Broker, pipeline: PipelineSpec, writer: Writer
) -> None:
    await writer.complete("north", range(1, 11))
    expected = await read_to_end(nats_broker)
    store = CheckpointStore(nats_broker)
    found = await store.load("street.sizes")
    await store.save("street.sizes", b"damaged", found.revision)
    assert (await read_to_end(nats_broker)).projection.total == expected.projection.total
