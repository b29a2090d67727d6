"""Reads the outcomes of a pipeline while one of its revisions is watched."""

import asyncio

from google.protobuf.message import DecodeError

from framemesh.core.clock import Clock
from framemesh.core.pipeline.rollout import Rollout
from framemesh.master.rollouts.figures import Figures
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader, StreamGone
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.subjects import ledger_stream, outcomes_subject

log = get_logger()

MAX_BEHIND = 100_000
"""Entries that a master which starts to lead reads again: some seconds of its CPU."""


RETRY_SECONDS = 0.5


class LedgerTail:
    """Adds the outcomes of one revision up, from the beginning of a phase of its rollout."""

    def __init__(self, broker: Broker, pipeline: str, revision: int, clock: Clock) -> None:
        self._broker = broker
        self._pipeline = pipeline
        self._revision = revision
        self._clock = clock
        self.figures = Figures(revision, 0)

    async def follow(self, rollout: Rollout) -> None:
        """Read until cancelled, or until the ledger is deleted."""
        subjects = (outcomes_subject(self._pipeline, "*"),)
        reader = OrderedReader(self._broker, ledger_stream(self._pipeline), self._clock, subjects)
        while True:
            self.figures = Figures(self._revision, rollout.since_unix_nano)
            try:
                newest = await reader.last_sequence()
                await reader.read(self._add, max(rollout.ledger_sequence, newest - MAX_BEHIND))
            except StreamGone:
                log.info("outcomes of a rollout are gone", pipeline=self._pipeline)
                return
            except BrokerUnavailable as error:
                log.info("outcomes cannot be read, will try again", why=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _add(self, message: ReceivedMessage) -> None:
        try:
            self.figures.add(outcome_message.summary_from_payload(message.payload))
        except (DecodeError, KeyError) as error:
            log.warning("entry is no outcome", subject=message.subject, error=repr(error))
