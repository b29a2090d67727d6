"""A ledger that is saved and loaded is the same ledger."""

import contextlib
import zlib
from collections.abc import Sequence
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.api.monitor.v1 import checkpoint_pb2
from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledgers import MAX_CAMERAS
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.ledger.ledger_message import state_from_bytes, state_to_bytes
from framemesh.monitor.ledger.ledger_projection import LEDGER, LedgerProjection
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.monitor.projection.checkpoint_message import (
    Checkpoint,
    CheckpointCorrupt,
    checkpoint_from_payload,
    checkpoint_to_payload,
)
from framemesh.monitor.projection.projection import Progress
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages import acceptance_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance
from tests.unit.monitor.test_pipeline_ledger import NANO, entry

# More cameras and sessions than are kept by name, so that they are closed and opened again.
cameras = st.sampled_from(["north", "south", "east", "west"])
sessions = st.sampled_from("abcdefghijklmnop")
sequences = st.integers(1, 12)


def accepted(camera: str, session: str, first: int, more: int) -> OutboundMessage:
    acceptance = Acceptance(camera, session, ((first, first + more),))
    return acceptance_message.to_message("street", [acceptance])


def completed(camera: str, session: str, sequence: int, fate: Fate, age_ms: int) -> OutboundMessage:
    reason = "" if fate is Fate.DONE else f"because-{age_ms % 3}"
    frame = FrameId(camera, session, sequence)
    end = NANO + age_ms * 1_000_000
    return outcome_message.to_message(Outcome(frame, "street", fate, NANO, end, "w", reason))


messages = st.one_of(
    st.builds(accepted, cameras, sessions, sequences, st.integers(0, 3)),
    st.builds(completed, cameras, sessions, sequences, st.sampled_from(list(Fate)), sequences),
    st.just(OutboundMessage("accepted.street.north", b"\xff")),
    st.just(OutboundMessage("trials.street.north.a.1.1", b"w")),
)


@st.composite
def streams(draw: st.DrawFn) -> list[ReceivedMessage]:
    """Entries with their numbers; the stream dropped some that nobody had read."""
    found: list[ReceivedMessage] = []
    sequence = second = 0
    for message in draw(st.lists(messages, max_size=60)):
        sequence += draw(st.sampled_from([1, 1, 1, 1, 5]))
        second += draw(st.integers(0, 2))
        found.append(entry(message, sequence, second))
    return found


def read(
    progress: Progress[LedgerProjection], entries: Sequence[ReceivedMessage]
) -> Progress[LedgerProjection]:
    for each in entries:
        progress.apply(each)
    return progress


def begin(max_cameras: int = 2) -> Progress[LedgerProjection]:
    return Progress(LedgerProjection(PipelineLedger(max_cameras=max_cameras)))


def reborn(progress: Progress[LedgerProjection]) -> Progress[LedgerProjection]:
    stored = Checkpoint("then", progress.sequence, progress.unread, progress.projection.capture()())
    found = checkpoint_from_payload(checkpoint_to_payload(stored))
    assert found == stored
    # LEDGER.restore, with few cameras.
    ledger = PipelineLedger(state_from_bytes(found.state), max_cameras=2)
    return Progress(LedgerProjection(ledger), found.sequence, found.unread)


@given(streams(), st.lists(st.integers(0, 60), max_size=3))
def test_a_ledger_that_is_saved_and_loaded_goes_on_like_one_that_read_everything(
    entries: list[ReceivedMessage], ends: list[int]
) -> None:
    whole, saved, first = read(begin(), entries), begin(), 0
    for end in sorted(ends):
        saved = reborn(read(saved, entries[first:end]))
        first = max(first, end)
    saved = read(saved, entries[first:])
    assert saved.projection.ledger.state == whole.projection.ledger.state
    assert (saved.sequence, saved.unread) == (whole.sequence, whole.unread)
    for now in range(0, 140 * NANO, NANO):
        assert saved.projection.ledger.summary(now) == whole.projection.ledger.summary(now)


def checkpoint(state: bytes) -> bytes:
    return checkpoint_to_payload(Checkpoint("then", 1, 0, state))


def test_damage_is_found_wherever_it_does_any() -> None:
    state = read(begin(), [entry(accepted("north", "a", 1, 3), 1)]).projection.capture()()
    payload = checkpoint(state)
    for at in range(len(payload)):
        damaged = payload[:at] + bytes([payload[at] ^ 0x10]) + payload[at + 1 :]
        # Some bits are there only to fill a byte.
        with contextlib.suppress(CheckpointCorrupt):
            assert checkpoint_from_payload(damaged).state == state
    for size in range(len(payload)):
        with pytest.raises(CheckpointCorrupt):
            checkpoint_from_payload(payload[:size])


def test_what_somebody_else_wrote_is_no_checkpoint() -> None:
    with pytest.raises(CheckpointCorrupt):
        checkpoint_from_payload(zlib.compress(b"\xff\xff"))


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xff",
        checkpoint_pb2.LedgerState(
            cameras=[checkpoint_pb2.CameraState(sessions=[checkpoint_pb2.SessionState(known=b"1")])]
        ).SerializeToString(),
        checkpoint_pb2.LedgerState(closed_digests=[1]).SerializeToString(),
    ],
)
def test_what_somebody_else_wrote_is_no_ledger(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        LEDGER.restore(content)


def test_a_session_that_is_over_takes_20_bytes() -> None:
    """So that 4,000 cameras with 64 sessions each fit into one message of the broker."""
    ledger = PipelineLedger()
    for number in range(6400):
        session = blake2b(b"%d" % number, digest_size=16).hexdigest()
        message = completed(f"camera-{number % 100}", session, 1000 + number, Fate.DONE, 30)
        ledger.apply(entry(message, number + 1))
    assert len(checkpoint(state_to_bytes(ledger.state))) < 20 * 6400


def test_as_many_cameras_as_are_kept_by_name_fit_into_one_message() -> None:
    ledger = PipelineLedger()
    for number in range(MAX_CAMERAS // 8):
        for session in range(4):
            name = blake2b(b"%d/%d" % (number, session), digest_size=16).hexdigest()
            message = completed(f"camera-{number}", name, 1000 + session, Fate.DONE, 30)
            ledger.apply(entry(message, 4 * number + session + 1))
    assert 8 * len(checkpoint(state_to_bytes(ledger.state))) < 4_000_000
