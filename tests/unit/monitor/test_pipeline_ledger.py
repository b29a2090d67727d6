from typing import cast

from nats.aio.client import Client

from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_sessions import FrameStatus
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.ledger.pipeline_ledger import AgePercentiles, PipelineLedger
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.messages import acceptance_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance

NANO = 1_000_000_000


def entry(message: OutboundMessage, sequence: int, second: int = 0) -> ReceivedMessage:
    return ReceivedMessage(
        subject=message.subject,
        payload=message.payload,
        headers={},
        attempt=1,
        sequence=sequence,
        stored_unix_nano=second * NANO,
        number=sequence,
        _reply="",
        _client=cast("Client", None),
    )


def sealed(sequence: int, age_ms: int = 0, fate: Fate = Fate.DONE) -> OutboundMessage:
    frame = FrameId("north", "s1", sequence)
    return outcome_message.to_message(
        Outcome(frame, "street", fate, NANO, NANO + age_ms * 1_000_000, "test")
    )


def test_an_empty_book_has_no_cameras_and_no_ages() -> None:
    assert (PipelineLedger().accounts, PipelineLedger().ages, PipelineLedger().duplicates) == (
        {},
        AgePercentiles(0, 0, 0),
        0,
    )


def test_ages_are_those_of_done_frames() -> None:
    ledger = PipelineLedger()
    for number in range(1, 101):
        ledger.enter(entry(sealed(number, age_ms=number), number))
    ledger.enter(entry(sealed(101, age_ms=9_000, fate=Fate.DEAD), 101))
    assert ledger.ages == AgePercentiles(0.051, 0.096, 0.1)


def test_rates_are_those_of_what_is_new() -> None:
    ledger = PipelineLedger()
    accepted = acceptance_message.to_message("street", Acceptance("north", "s1", ((1, 20),)))
    for sequence in (1, 2):
        ledger.enter(entry(accepted, sequence, second=5))
    ledger.enter(entry(sealed(1), 3, second=5))
    ledger.enter(entry(sealed(1), 4, second=5))
    assert ledger.accepted.per_second(6 * NANO) == 20
    assert ledger.sealed.per_second(6 * NANO) == 1
    assert (ledger.duplicates, ledger.accounts["north"].pending) == (1, 19)


def test_an_unreadable_entry_is_passed_over() -> None:
    ledger = PipelineLedger()
    for number, subject in enumerate(("accepted.street.north", "outcomes.street.north.s.0"), 1):
        ledger.enter(entry(OutboundMessage(subject, b"\xff\xff"), number))
    ledger.enter(entry(OutboundMessage("outcomes.street.north.s.0", b""), 3))
    assert (ledger.sequence, ledger.duplicates) == (3, 0)
    assert not any(account.offered for account in ledger.accounts.values())


def test_what_the_stream_dropped_before_it_was_read_is_counted() -> None:
    ledger = PipelineLedger()
    for sequence in (4, 5, 9):
        ledger.enter(entry(sealed(sequence), sequence))
    assert (ledger.unread, ledger.accounts["north"].done) == (6, 3)


def test_the_standing_of_a_frame_is_known_by_camera_and_session() -> None:
    ledger = PipelineLedger()
    accepted = acceptance_message.to_message("street", Acceptance("north", "s1", ((1, 2),)))
    ledger.enter(entry(accepted, 1))
    ledger.enter(entry(sealed(1), 2))
    assert ledger.frame_status(FrameId("north", "s1", 1)) is FrameStatus.SEALED
    assert ledger.frame_status(FrameId("north", "s1", 2)) is FrameStatus.PENDING
    assert ledger.frame_status(FrameId("north", "s2", 2)) is FrameStatus.UNKNOWN
    assert ledger.frame_status(FrameId("south", "s1", 1)) is FrameStatus.UNKNOWN
    assert (ledger.sessions_with("north", 2), ledger.sessions_with("south", 2)) == (["s1"], [])
    assert (ledger.account("north").pending, ledger.account("south").offered) == (1, 0)
