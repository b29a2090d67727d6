"""The frames that a worker holds, from their delivery until they are settled."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from framemesh.core.frame import Frame
from framemesh.runtime.dataplane.data_plane import Pull
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.intake.ordering import CameraSequencer, SequencerSlot
from framemesh.worker.intake.signs_of_life import CHECK_SECONDS, SignsOfLife
from framemesh.worker.intake.source import FrameSource

log = get_logger()

GIVE_BACK_SECONDS = 1.0
"""For telling the broker that frames are free: a connection that takes nothing is not waited for.
They are delivered elsewhere after its ack wait then."""

Key = tuple[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class InFlightFrame:
    """A frame that is held, and what is owed for it."""

    context: FrameContext
    message: ReceivedMessage
    source: FrameSource
    pull: Pull
    slot: SequencerSlot | None
    """None where order does not matter."""

    @property
    def frame(self) -> Frame:
        return self.context.frame

    @property
    def key(self) -> Key:
        """By consumer, and not by stream: what is here of a lease that was lost is not completed
        here, and must not stand in the way when the same frame comes again in a new lease."""
        return (self.source.consumer, self.message.sequence)

    @property
    def suspect(self) -> bool:
        """Whether a worker had it before, and gave no outcome."""
        return self.source.suspect(self.message.sequence, self.message.attempt)


class InFlightFrames:
    """All frames that a worker holds."""

    def __init__(self, sequencer: CameraSequencer | None) -> None:
        """`sequencer`: where outcomes must keep the order of each camera."""
        self._sequencer = sequencer
        self._held: dict[Key, InFlightFrame] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[InFlightFrame]:
        return iter(self._held.values())

    def holds(self, source: FrameSource, message: ReceivedMessage) -> bool:
        """Whether this message was delivered before, and is still worked on."""
        return (source.consumer, message.sequence) in self._held

    def add(
        self, context: FrameContext, message: ReceivedMessage, source: FrameSource, pull: Pull
    ) -> InFlightFrame:
        """Hold a frame that was delivered; it must be settled."""
        slot = self._sequencer.join(context.frame.id.camera) if self._sequencer else None
        in_flight = InFlightFrame(context, message, source, pull, slot)
        self._held[in_flight.key] = in_flight
        source.taken()
        return in_flight

    def settle(self, in_flight: InFlightFrame) -> None:
        """Nothing more is done about it here: make room for another, and let those of its camera
        behind it go."""
        del self._held[in_flight.key]
        in_flight.pull.done(in_flight.message)
        in_flight.source.released()
        if self._sequencer and in_flight.slot:
            self._sequencer.leave(in_flight.slot)

    async def renew(self) -> NoReturn:
        """Keep the broker from giving them to somebody else. Runs until cancelled."""
        signs: SignsOfLife[Key] = SignsOfLife()
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            for key in signs.due(self._held):
                if (in_flight := self._held.get(key)) is not None:
                    await in_flight.message.in_progress()

    async def give_back(self) -> None:
        """Let other workers have all of them at once."""
        if not self._held:
            return
        log.warning("stopped with frames in progress", frames=len(self._held))
        try:
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                for in_flight in list(self):
                    await in_flight.message.nak()
        except TimeoutError:
            log.warning("broker takes nothing: it delivers them again after its ack wait")
