"""Takes frames out of the buffer, and acks each once its outcome is stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from framemesh.core.clock import Clock
from framemesh.core.pipeline import PipelineSpec
from framemesh.runtime.jetstream.broker import Broker
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.jetstream.persistence import store_until_stored
from framemesh.runtime.jetstream.publisher import Publisher, StreamMissing
from framemesh.runtime.jetstream.puller import Puller, PullLimits, puller
from framemesh.runtime.jetstream.subjects import frames_stream, shard_consumer, stream_of
from framemesh.runtime.messages import frame_message, outcome_message
from framemesh.worker.inspection import Inspector, TryAgain

log = structlog.get_logger()

MIB = 1024 * 1024

BYTES_IN_PROGRESS = 64 * MIB
"""Shared by the shards; but each may hold two frames of the largest size, or those would never
come."""

RENEW_SECONDS = 3.0
"""Between two signs of life for each frame in progress; the broker waits for 10 s."""

DRAIN_SECONDS = 8.0
"""To finish what is in progress when the worker is told to stop; its agent waits for 10 s."""

PAUSE_SECONDS = 1.0


class Intake:
    """Pulls all shards of a pipeline, and sees every frame through to its outcome."""

    def __init__(
        self,
        broker: Broker,
        publisher: Publisher,
        inspector: Inspector,
        spec: PipelineSpec,
        *,
        frames_in_progress: int,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._publisher = publisher
        self._inspector = inspector
        self._spec = spec
        shards = spec.buffer.total_shards
        self._limits = PullLimits(
            messages=max(2, frames_in_progress // shards),
            bytes=max(2 * broker.client.max_payload, BYTES_IN_PROGRESS // shards),
        )
        self._clock = clock
        self._in_progress: set[Delivery] = set()
        self._cut_off: list[Delivery] = []
        self.sealed = 0
        """Outcomes stored since the start."""

    @property
    def in_progress(self) -> int:
        return len(self._in_progress)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what is in progress, within DRAIN_SECONDS.

        What is not finished by then goes to another worker.

        Raises:
            ConsumerGone: the buffer was deleted.
        """
        try:
            async with asyncio.timeout(None) as drain, asyncio.TaskGroup() as keeping:
                renewing = keeping.create_task(self._renew())
                async with asyncio.TaskGroup() as work, self._pulling(keeping, work):
                    await stop.wait()
                    drain.reschedule(asyncio.get_running_loop().time() + DRAIN_SECONDS)
                renewing.cancel()
        except TimeoutError:
            log.warning("stopped with frames in progress", frames=len(self._cut_off))
            for delivery in self._cut_off:
                await delivery.give_back()

    @asynccontextmanager
    async def _pulling(
        self, keeping: asyncio.TaskGroup, work: asyncio.TaskGroup
    ) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            pulls = [await self._pull(shard, work, stack) for shard in self._shards]
            running = [keeping.create_task(pull.run()) for pull in pulls]
            yield
            for task in running:
                task.cancel()

    @property
    def _shards(self) -> range:
        return range(self._spec.buffer.total_shards)

    async def _pull(self, shard: int, work: asyncio.TaskGroup, stack: AsyncExitStack) -> Puller:
        def deliver(delivery: Delivery) -> None:
            self._in_progress.add(delivery)
            work.create_task(self._see_through(delivery, pull))

        stream = frames_stream(self._spec.name, stream_of(self._spec.buffer, shard))
        pull = await stack.enter_async_context(
            puller(
                self._broker,
                stream,
                shard_consumer(shard),
                limits=self._limits,
                deliver=deliver,
                clock=self._clock,
            )
        )
        return pull

    async def _see_through(self, delivery: Delivery, pull: Puller) -> None:
        try:
            await self._seal(delivery)
        except asyncio.CancelledError:
            self._cut_off.append(delivery)
            raise
        except TryAgain as error:
            log.warning("frame failed, will try again", subject=delivery.subject, why=str(error))
            await delivery.give_back(PAUSE_SECONDS)
        except Exception as error:
            log.error("frame failed", subject=delivery.subject, exc_info=error)
            await delivery.give_back(PAUSE_SECONDS)
        finally:
            self._in_progress.remove(delivery)
            pull.done(delivery)

    async def _seal(self, delivery: Delivery) -> None:
        try:
            frame = frame_message.from_delivery(delivery)
        except (KeyError, ValueError) as error:
            # It has no id, so no outcome can be written for it. Ingest writes no such thing.
            log.error("message is no frame", subject=delivery.subject, error=repr(error))
            await delivery.discard("no frame")
            return
        outcome = await self._inspector.outcome(frame, delivery.attempt)
        message = outcome_message.to_message(outcome)
        while True:
            try:
                await store_until_stored(self._publisher, message)
                break
            except StreamMissing:
                # Without a leader for a moment, or deleted; then we are stopped as well.
                await asyncio.sleep(PAUSE_SECONDS)
        # Only now: whoever is killed before this leaves the frame to another worker, and the
        # ledger recognises a second outcome.
        await delivery.ack()
        self.sealed += 1

    async def _renew(self) -> None:
        """Keep the frames in progress from being given to somebody else."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            for delivery in list(self._in_progress):
                await delivery.in_progress()
