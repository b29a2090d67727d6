"""A book that is saved and loaded is the same book."""

import contextlib
import zlib
from collections.abc import Sequence
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.api.monitor.v1 import checkpoint_pb2
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.checkpoint.message import CheckpointCorrupt, from_payload, to_payload
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages import acceptance_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance
from tests.unit.monitor.test_pipeline_ledger import NANO, entry

# More sessions than are kept by name, so that they are closed and opened again.
cameras = st.sampled_from(["north", "south"])
sessions = st.sampled_from("abcdefghijklmnop")
sequences = st.integers(1, 12)


def accepted(camera: str, session: str, first: int, more: int) -> OutboundMessage:
    acceptance = Acceptance(camera, session, ((first, first + more),))
    return acceptance_message.to_message("street", acceptance)


def sealed(camera: str, session: str, sequence: int, fate: Fate, age_ms: int) -> OutboundMessage:
    reason = "" if fate is Fate.DONE else f"because-{age_ms % 3}"
    frame = FrameId(camera, session, sequence)
    end = NANO + age_ms * 1_000_000
    return outcome_message.to_message(Outcome(frame, "street", fate, NANO, end, "w", reason))


messages = st.one_of(
    st.builds(accepted, cameras, sessions, sequences, st.integers(0, 3)),
    st.builds(sealed, cameras, sessions, sequences, st.sampled_from(list(Fate)), sequences),
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


def read(ledger: PipelineLedger, entries: Sequence[ReceivedMessage]) -> PipelineLedger:
    for each in entries:
        ledger.enter(each)
    return ledger


def reborn(ledger: PipelineLedger) -> PipelineLedger:
    return from_payload(to_payload("then", ledger.state)).ledger


@given(streams(), st.lists(st.integers(0, 60), max_size=3))
def test_a_book_that_is_saved_and_loaded_goes_on_like_one_that_read_everything(
    entries: list[ReceivedMessage], ends: list[int]
) -> None:
    whole, saved, begin = read(PipelineLedger(), entries), PipelineLedger(), 0
    for end in sorted(ends):
        saved = reborn(read(saved, entries[begin:end]))
        begin = max(begin, end)
    saved = read(saved, entries[begin:])
    assert saved.state == whole.state
    assert saved.accounts == whole.accounts
    assert (saved.ages, saved.duplicates, saved.unread) == (
        whole.ages,
        whole.duplicates,
        whole.unread,
    )
    for now in range(0, 140 * NANO, NANO):
        assert saved.accepted.per_second(now) == whole.accepted.per_second(now)
        assert saved.sealed.per_second(now) == whole.sealed.per_second(now)


def test_a_frame_that_is_rejected_after_its_acceptance_can_be_saved() -> None:
    ledger = read(
        PipelineLedger(),
        [
            entry(accepted("north", "a", 1, 0), 1, 0),
            entry(sealed("north", "a", 1, Fate.REJECTED, 1), 2, 1),
        ],
    )
    assert reborn(ledger).state == ledger.state


def test_the_stream_that_it_is_of_is_on_record() -> None:
    assert from_payload(to_payload("then", PipelineLedger().state)).stream_created == "then"


def test_damage_is_found_wherever_it_does_any() -> None:
    ledger = read(PipelineLedger(), [entry(accepted("north", "a", 1, 3), 1)])
    payload = to_payload("then", ledger.state)
    for at in range(len(payload)):
        damaged = payload[:at] + bytes([payload[at] ^ 0x10]) + payload[at + 1 :]
        # Some bits are there only to fill a byte.
        with contextlib.suppress(CheckpointCorrupt):
            assert from_payload(damaged).ledger.state == ledger.state
    for size in range(len(payload)):
        with pytest.raises(CheckpointCorrupt):
            from_payload(payload[:size])


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xff",
        checkpoint_pb2.Checkpoint(
            cameras=[
                checkpoint_pb2.CameraCheckpoint(
                    sessions=[checkpoint_pb2.SessionCheckpoint(known=b"1")]
                )
            ]
        ).SerializeToString(),
    ],
)
def test_what_somebody_else_wrote_is_no_checkpoint(content: bytes) -> None:
    with pytest.raises(CheckpointCorrupt):
        from_payload(zlib.compress(content))


def test_a_session_that_is_over_takes_20_bytes() -> None:
    """So that 4,000 cameras with 64 sessions each fit into one message of the broker."""
    ledger = PipelineLedger()
    for number in range(6400):
        session = blake2b(b"%d" % number, digest_size=16).hexdigest()
        message = sealed(f"camera-{number % 100}", session, 1000 + number, Fate.DONE, 30)
        ledger.enter(entry(message, number + 1))
    assert len(to_payload("then", ledger.state)) < 20 * 6400
