from typing import cast

import pytest
from nats.aio.client import Client

from framemesh.core.errors import InvalidName
from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.ledger.session_frames import FrameStatus
from framemesh.core.names import check_name
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.ledger.ledger_projection import LedgerProjection
from framemesh.monitor.ledger.pipeline_ledger import AgePercentiles, PipelineLedger
from framemesh.monitor.projection.projection import Progress
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


def completed(sequence: int, age_ms: int = 0, fate: Fate = Fate.DONE) -> OutboundMessage:
    frame = FrameId("north", "s1", sequence)
    return outcome_message.to_message(
        Outcome(frame, "street", fate, NANO, NANO + age_ms * 1_000_000, "test")
    )


def test_an_empty_ledger_has_no_cameras_and_no_ages() -> None:
    summary = PipelineLedger().summary(NANO)
    assert (summary.accounts, summary.retired, summary.ages, summary.duplicate_outcomes) == (
        {},
        Account(),
        AgePercentiles(0, 0, 0),
        0,
    )


def test_ages_are_those_of_done_frames() -> None:
    ledger = PipelineLedger()
    for number in range(1, 101):
        ledger.apply(entry(completed(number, age_ms=number), number))
    ledger.apply(entry(completed(101, age_ms=9_000, fate=Fate.DEAD), 101))
    assert ledger.ages == AgePercentiles(0.051, 0.096, 0.1)


def test_rates_are_those_of_what_is_new() -> None:
    ledger = PipelineLedger()
    accepted = acceptance_message.to_message("street", [Acceptance("north", "s1", ((1, 20),))])
    for sequence in (1, 2):
        ledger.apply(entry(accepted, sequence, second=5))
    ledger.apply(entry(completed(1), 3, second=5))
    ledger.apply(entry(completed(1), 4, second=5))
    assert ledger.accepted.per_second(6 * NANO) == 20
    assert ledger.completed.per_second(6 * NANO) == 1
    assert (ledger.cameras.duplicates, ledger.cameras.account("north").pending) == (1, 19)


def test_an_unreadable_entry_is_passed_over() -> None:
    ledger = PipelineLedger()
    for number, subject in enumerate(("accepted.street.north", "outcomes.street.north.s.0"), 1):
        ledger.apply(entry(OutboundMessage(subject, b"\xff\xff"), number))
    ledger.apply(entry(OutboundMessage("outcomes.street.north.s.0", b""), 3))
    assert ledger.cameras.duplicates == 0
    assert not any(account.offered for account in ledger.cameras.accounts.values())


def test_what_the_stream_dropped_before_it_was_read_is_counted() -> None:
    progress = Progress(LedgerProjection(PipelineLedger()))
    for sequence in (4, 5, 9):
        progress.apply(entry(completed(sequence), sequence))
    assert (progress.sequence, progress.unread) == (9, 6)
    assert progress.projection.ledger.cameras.account("north").done == 3


def test_the_status_of_a_frame_is_known_by_camera_and_session() -> None:
    ledger = PipelineLedger()
    accepted = acceptance_message.to_message("street", [Acceptance("north", "s1", ((1, 2),))])
    ledger.apply(entry(accepted, 1))
    ledger.apply(entry(completed(1), 2))
    assert ledger.frame_status(FrameId("north", "s1", 1)) is FrameStatus.COMPLETED
    assert ledger.frame_status(FrameId("north", "s1", 2)) is FrameStatus.PENDING
    assert ledger.frame_status(FrameId("north", "s2", 2)) is FrameStatus.UNKNOWN
    assert ledger.frame_status(FrameId("south", "s1", 1)) is FrameStatus.UNKNOWN
    assert (ledger.cameras.sessions_with("north", 2), ledger.cameras.sessions_with("south", 2)) == (
        ["s1"],
        [],
    )
    assert (ledger.cameras.account("north").pending, ledger.cameras.account("south").offered) == (
        1,
        0,
    )


def test_what_several_cameras_sent_is_one_entry_and_each_has_its_own() -> None:
    ledger = PipelineLedger()
    several = [
        Acceptance("north", "s1", ((1, 3),), 30),
        Acceptance("south", "s2", ((7, 7),), 10, filtered=((8, 9),)),
    ]
    stored = acceptance_message.to_message("street", several)
    assert acceptance_message.from_payload(stored.subject, stored.payload) == several
    with pytest.raises(InvalidName):
        check_name("camera", stored.subject.rpartition(".")[2])
    for sequence in (1, 2):
        ledger.apply(entry(stored, sequence))
    assert ledger.cameras.accounts == {
        "north": Account(accepted=3),
        "south": Account(accepted=1, rejected=2, reasons={"filtered": 2}),
    }


def test_filtered_frames_are_rejected_and_have_a_reason() -> None:
    ledger = PipelineLedger()
    acceptance = Acceptance("north", "s1", ((2, 2),), 5, filtered=((1, 1), (3, 10_000)))
    for sequence in (1, 2):
        ledger.apply(entry(acceptance_message.to_message("street", [acceptance]), sequence))
    ledger.apply(entry(completed(2), 3))
    account = ledger.cameras.account("north")
    assert account == Account(accepted=1, rejected=9_999, done=1, reasons={"filtered": 9_999})
    assert ledger.frame_status(FrameId("north", "s1", 77)) is FrameStatus.COMPLETED
    assert ledger.state.cameras.by_name["north"].sessions[0].known == ((1, 10_000),)
