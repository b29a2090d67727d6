"""Takes the results of one sink from the ledger to its target."""

import asyncio
from dataclasses import asdict
from enum import Enum

from google.protobuf.message import DecodeError

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.clock import Clock
from framemesh.core.leases.lease_member import LeaseLost
from framemesh.runtime.concurrency.run_until import cancel_when
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.dataplane.data_plane import PullLimits
from framemesh.runtime.dataplane.errors import ConsumerGone
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.puller import Puller, puller
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.sinks.sink_consumer import MAX_UNACKED
from framemesh.runtime.jetstream.sinks.sink_store import StoredSink
from framemesh.runtime.logs import get_logger
from framemesh.sink.intake.backlog import Backlog
from framemesh.sink.intake.counts import Counts
from framemesh.sink.intake.place import Place
from framemesh.sink.intake.result import Result
from framemesh.sink.intake.selection import Selection
from framemesh.sink.intake.target import Target
from framemesh.sink.writers.writer import FlushPolicy

log = get_logger()

TELL_SECONDS = 2.0
"""Between two looks at the place, and two writes of the state."""

REST_SECONDS = 1.0

BATCH = 256
"""Results that are written at once, at most."""

BATCH_WINDOW_SECONDS = 0.05
"""Results that come one by one are delivered together: a file is synced once for all of them."""


class _End(Enum):
    """Why no more messages come in a session."""

    DRAINING = "draining"
    GAP = "gap"
    GONE = "gone"


class SinkRun:
    """One sink, for as long as one lease."""

    def __init__(
        self,
        broker: Broker,
        sink: StoredSink,
        *,
        place: Place,
        target: Target,
        policy: FlushPolicy,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._name, self._pipeline = sink.spec.name, sink.spec.pipeline
        self._selection = Selection(sink.spec)
        self._place = place
        self._target = target
        self._clock = clock
        self._backlog = Backlog(policy)
        # Twice what is flushed at once: the next ones come meanwhile.
        messages = min(MAX_UNACKED, 2 * policy.results)
        payload = broker.client.max_payload
        self._limits = PullLimits(messages, max(2 * policy.bytes, 4 * payload))
        self._told = Counts()
        self._before = Counts()
        """Of other processes that ran the sink."""

    @property
    def names(self) -> tuple[str, str]:
        """See MeasuredSink, as for the next ones."""
        return self._name, self._pipeline

    @property
    def counts(self) -> Counts:
        return self._target.counts

    @property
    def behind(self) -> int:
        return self._place.behind

    @property
    def oldest_seconds(self) -> float:
        return self._backlog.age(self._clock.monotonic())

    @property
    def trouble(self) -> str:
        return self._target.trouble

    @property
    def lost(self) -> int:
        return self._place.lost

    async def open(self, lease: Lease) -> None:
        """Wait until the target can be written to, or the lease is to end."""
        await cancel_when(lease.draining, self._target.open())

    async def session(self, lease: Lease, holder: str) -> None:
        """Write results, in order and each once, until the lease is to end or some did not come;
        then the next session goes on.

        Raises:
            FramemeshError: there is no place, or the broker does not answer in time.
        """
        state = await self._place.begin(holder)
        until_now = Counts(state.written, state.missing_pictures, state.refused_results)
        self._before = until_now - self._told
        # Acks of an earlier session mean nothing to this one.
        self._backlog.messages.clear()
        # Bounded by the limits of the pull.
        arrived: asyncio.Queue[ReceivedMessage | _End] = asyncio.Queue()

        def deliver(message: ReceivedMessage) -> None:
            self._place.delivered = message.number
            arrived.put_nowait(message)

        async with (
            puller(
                self._broker,
                self._place.stream,
                self._place.consumer,
                limits=self._limits,
                deliver=deliver,
                clock=self._clock,
                on_gap=lambda: arrived.put_nowait(_End.GAP),
                batch_window_seconds=BATCH_WINDOW_SECONDS,
            ) as pull,
            TaskGroup() as tasks,
        ):
            beside = [
                tasks.create_task(_pull(pull, arrived)),
                tasks.create_task(_drain(lease, arrived)),
                tasks.create_task(self._tell_continuously(arrived)),
            ]
            await self._write_until_the_end(arrived, pull, lease)
            for task in beside:
                task.cancel()
        await self._tell()

    async def _write_until_the_end(
        self, arrived: asyncio.Queue[ReceivedMessage | _End], pull: Puller, lease: Lease
    ) -> None:
        ended = False
        while not ended:
            messages, ended = await self._next(arrived)
            fresh = [each for each in messages if each.sequence > self._place.received]
            if messages:
                self._place.received = max(self._place.received, messages[-1].sequence)
            results = [result for each in fresh if (result := self._result(each))]
            self._backlog.add(messages, results, self._clock.monotonic())
            if results:
                await self._target.write(results, self._backlog.results)
            if ended or self._backlog.due_in(self._clock.monotonic()) == 0:
                await self._flush(pull, lease)

    async def _next(
        self, arrived: asyncio.Queue[ReceivedMessage | _End]
    ) -> tuple[list[ReceivedMessage], bool]:
        """What came, and whether no more comes in this session; nothing: something may be due."""
        due = self._backlog.due_in(self._clock.monotonic())
        found: list[ReceivedMessage] = []
        try:
            async with asyncio.timeout(REST_SECONDS if due is None else min(due, REST_SECONDS)):
                each = await arrived.get()
        except TimeoutError:
            if due is None:
                await self._target.rest()
            return found, False
        while True:
            if isinstance(each, _End):
                return found, True
            found.append(each)
            if len(found) == BATCH or arrived.empty():
                return found, False
            each = arrived.get_nowait()

    def _result(self, message: ReceivedMessage) -> Result | None:
        try:
            outcome = outcome_pb2.Outcome.FromString(message.payload)
        except DecodeError as error:
            log.error("a result is unreadable", sink=self._name, why=f"{message.subject}: {error}")
            return None
        return Result(outcome, len(message.payload)) if self._selection.takes(outcome) else None

    async def _flush(self, pull: Puller, lease: Lease) -> None:
        backlog = self._backlog
        if not lease.certain:
            raise LeaseLost(f"sink {self._name} may have another holder")
        await self._target.flush(backlog.results)
        if backlog.messages and lease.certain:
            last = backlog.messages[-1]
            # Of all before it as well.
            await last.ack()
            self._place.acked = max(self._place.acked, last.sequence)
        for message in backlog.messages:
            pull.done(message)
        backlog.clear()

    async def _tell_continuously(self, arrived: asyncio.Queue[ReceivedMessage | _End]) -> None:
        missing = False
        while True:
            try:
                await self._tell()
                # Twice, as what was delivered a moment ago may be on its way.
                was_missing, missing = missing, await self._place.look()
                if was_missing and missing:
                    arrived.put_nowait(_End.GAP)
            except BrokerUnavailable as error:
                log.debug("the state of a sink is not told", sink=self._name, why=str(error))
            await asyncio.sleep(TELL_SECONDS)

    async def _tell(self) -> None:
        counts = self._target.counts
        if counts.missing_pictures > self._told.missing_pictures:
            log.warning(
                "pictures were gone before a sink came to them",
                sink=self._name,
                count=counts.missing_pictures,
            )
        self._told = counts
        await self._place.tell(**asdict(self._before + counts), trouble=self._target.trouble)


async def _pull(pull: Puller, arrived: asyncio.Queue[ReceivedMessage | _End]) -> None:
    try:
        await pull.run()
    except ConsumerGone as error:
        log.info("the place of a sink is gone", why=str(error))
        arrived.put_nowait(_End.GONE)


async def _drain(lease: Lease, arrived: asyncio.Queue[ReceivedMessage | _End]) -> None:
    await lease.draining.wait()
    arrived.put_nowait(_End.DRAINING)
