"""However many detections a frame has, the event loop goes on."""

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.detection import Box, Detection, Mask
from framemesh.core.frame import Frame, FrameId
from framemesh.core.graph.plan import Edge
from framemesh.core.outcome import Fate, Outcome
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.core.pipeline.stage_spec import TilesSpec
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.intake.in_flight import InFlightFrame
from framemesh.worker.intake.source import FrameSource
from framemesh.worker.off_loop import FEW_DETECTIONS, off_loop
from framemesh.worker.processing.commit import OutcomeCommitter
from framemesh.worker.processing.outcomes import OutcomeFactory
from tests.graph_runs import run_one
from tests.recorded_spans import untraced
from tests.unit.worker.test_graph_executor import JPEG, FakeStage, graph


@pytest.mark.parametrize(
    ("detections", "in_loop"), [(FEW_DETECTIONS, True), (FEW_DETECTIONS + 1, False)]
)
async def test_many_detections_are_worked_on_in_a_thread(detections: int, in_loop: bool) -> None:
    thread = await off_loop(threading.get_ident, detections)
    assert (thread == threading.get_ident()) is in_loop


@pytest.mark.loop_limit(0.05)
async def test_thousands_of_detections_in_tiles_are_merged_beside_the_event_loop() -> None:
    places = np.random.default_rng(0).random((500, 2)) * 0.9
    things = tuple(("ship", Box(x, y, x + 0.001, y + 0.001)) for x, y in places.tolist())
    ships = FakeStage("ships", things)
    result = await run_one(graph([Edge("ships", tiles=TilesSpec(64))], ships), JPEG)
    assert len(result.items) == len(things)


@dataclass
class Ledger:
    """Stores whatever it gets."""

    stored: list[OutboundMessage] = field(default_factory=list)

    async def store(self, message: OutboundMessage) -> None:
        self.stored.append(message)

    def begin_store(self, message: OutboundMessage) -> None:
        """Always to be waited for."""


class Delivered:
    """A message of the buffer."""

    acked = False

    async def ack(self) -> None:
        self.acked = True


@pytest.mark.loop_limit(0.05)
async def test_an_outcome_of_many_masks_is_encoded_beside_the_event_loop() -> None:
    mask = Mask(32, 32, (1,) * 1024)
    found = (Detection("cells", "cell", 0, 0.9, Box(0, 0, 1, 1), mask=mask),) * 4000
    ledger, message, clock = Ledger(), Delivered(), SystemClock()
    outcomes = OutcomeFactory("street", "w", DeliverySpec(), clock)
    frame = Frame(FrameId("door", "s", 1), 1, b"", 0)
    unused: Any = None
    given: Any = message
    in_flight = InFlightFrame(
        FrameContext(frame, clock), given, FrameSource("F", "c"), pull=unused, slot=None
    )
    outcome = Outcome(frame.id, "street", Fate.DONE, 1, 2, "w", detections=found)
    await OutcomeCommitter(ledger, outcomes, untraced()).commit(in_flight, outcome)
    assert len(ledger.stored) == 1
    assert message.acked
