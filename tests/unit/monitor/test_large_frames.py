"""However much was found in a frame, the monitor's event loop goes on."""

from types import SimpleNamespace

import pytest

from framemesh.core.detection import Box, Detection, Mask
from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.lookup.frames import FrameLookup, FrameState
from framemesh.runtime.jetstream.api.messages import StoredMessage
from framemesh.runtime.messages import outcome_message

FRAME = FrameId("door", "s1", 7)
FOUND = Detection("cells", "cell", 0, 0.9, Box(0, 0, 1, 1), mask=Mask(32, 32, (1,) * 1024))
OUTCOME = Outcome(FRAME, "street", Fate.DONE, 1, 2, "w", detections=(FOUND,) * 5000)


class Messages:
    """A stream with one outcome."""

    def __init__(self, payload: bytes) -> None:
        self._stored = StoredMessage("outcomes.street.door.s1.7", 1, payload, 3)

    async def direct_last_of_each(self, stream: str, subject: str) -> list[StoredMessage]:
        return [self._stored]


class Ledger:
    """The registry, the ledger and the cameras of a pipeline in one."""

    def __init__(self) -> None:
        self.cameras = self

    async def ledger(self, pipeline: str) -> SimpleNamespace:
        return SimpleNamespace(ledger=self)

    def account(self, camera: str) -> Account:
        return Account()


@pytest.fixture(scope="module")
def payload() -> bytes:
    return outcome_message.to_message(OUTCOME).payload


@pytest.mark.loop_limit(0.1)
async def test_a_frame_with_thousands_of_masks_is_read_beside_the_event_loop(
    payload: bytes,
) -> None:
    lookup = FrameLookup(None, Ledger())  # type: ignore[arg-type]
    lookup._messages = Messages(payload)  # type: ignore[assignment]
    (found,) = (await lookup.find("street", "door", 7, "s1")).records
    assert found.state is FrameState.COMPLETED
    assert found.outcome is not None
    assert len(found.outcome.detections) == 5000


def test_what_the_ledger_counts_is_read_without_the_detections(payload: bytes) -> None:
    summary = outcome_message.summary_from_payload(payload)
    assert (summary.frame, summary.fate, summary.age_seconds) == (FRAME, Fate.DONE, 1e-9)
