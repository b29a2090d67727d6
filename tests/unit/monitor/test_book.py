from typing import cast

from nats.aio.client import Client

from framemesh.core.camera_sessions import Standing
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate, Outcome
from framemesh.monitor.book import Ages, Book
from framemesh.runtime.dataplane.outgoing import Outgoing
from framemesh.runtime.jetstream.delivery import Delivery
from framemesh.runtime.messages import acceptance_message, outcome_message
from framemesh.runtime.messages.acceptance_message import Acceptance

NANO = 1_000_000_000


def entry(message: Outgoing, sequence: int, second: int = 0) -> Delivery:
    return Delivery(
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


def sealed(sequence: int, age_ms: int = 0, fate: Fate = Fate.DONE) -> Outgoing:
    frame = FrameId("north", "s1", sequence)
    return outcome_message.to_message(
        Outcome(frame, "street", fate, NANO, NANO + age_ms * 1_000_000, "test")
    )


def test_an_empty_book_has_no_cameras_and_no_ages() -> None:
    assert (Book().accounts, Book().ages, Book().duplicates) == ({}, Ages(0, 0, 0), 0)


def test_ages_are_those_of_done_frames() -> None:
    book = Book()
    for number in range(1, 101):
        book.enter(entry(sealed(number, age_ms=number), number))
    book.enter(entry(sealed(101, age_ms=9_000, fate=Fate.DEAD), 101))
    assert book.ages == Ages(0.051, 0.096, 0.1)


def test_rates_are_those_of_what_is_new() -> None:
    book = Book()
    accepted = acceptance_message.to_message("street", Acceptance("north", "s1", ((1, 20),)))
    for sequence in (1, 2):
        book.enter(entry(accepted, sequence, second=5))
    book.enter(entry(sealed(1), 3, second=5))
    book.enter(entry(sealed(1), 4, second=5))
    assert book.accepted.per_second(6 * NANO) == 20
    assert book.sealed.per_second(6 * NANO) == 1
    assert (book.duplicates, book.accounts["north"].pending) == (1, 19)


def test_an_unreadable_entry_is_passed_over() -> None:
    book = Book()
    for number, subject in enumerate(("accepted.street.north", "outcomes.street.north.s.0"), 1):
        book.enter(entry(Outgoing(subject, b"\xff\xff"), number))
    book.enter(entry(Outgoing("outcomes.street.north.s.0", b""), 3))
    assert (book.sequence, book.duplicates) == (3, 0)
    assert not any(account.offered for account in book.accounts.values())


def test_what_the_stream_dropped_before_it_was_read_is_counted() -> None:
    book = Book()
    for sequence in (4, 5, 9):
        book.enter(entry(sealed(sequence), sequence))
    assert (book.unread, book.accounts["north"].done) == (6, 3)


def test_the_standing_of_a_frame_is_known_by_camera_and_session() -> None:
    book = Book()
    accepted = acceptance_message.to_message("street", Acceptance("north", "s1", ((1, 2),)))
    book.enter(entry(accepted, 1))
    book.enter(entry(sealed(1), 2))
    assert book.standing(FrameId("north", "s1", 1)) is Standing.SEALED
    assert book.standing(FrameId("north", "s1", 2)) is Standing.PENDING
    assert book.standing(FrameId("north", "s2", 2)) is Standing.UNKNOWN
    assert book.standing(FrameId("south", "s1", 1)) is Standing.UNKNOWN
    assert (book.sessions_with("north", 2), book.sessions_with("south", 2)) == (["s1"], [])
    assert (book.account("north").pending, book.account("south").offered) == (1, 0)
