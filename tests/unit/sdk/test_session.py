"""What a session keeps, sends and counts."""

from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.session import CameraSession

PLENTY = Credit(frames=100, bytes=1_000_000)


def opened(credit: Credit = PLENTY, max_frame_bytes: int = 1000) -> CameraSession:
    session = CameraSession("s1")
    session.opened(credit, max_frame_bytes)
    return session


def offer(session: CameraSession, *images: bytes) -> None:
    for image in images:
        session.offer(image, captured_unix_nano=7)


def sent(session: CameraSession) -> list[int]:
    """The numbers of all frames that may be sent now."""
    numbers = []
    while message := session.next_to_send():
        numbers += [frame.sequence for frame in message]
    return numbers


def test_nothing_is_admitted_before_ingest_gave_credit() -> None:
    assert not CameraSession("s1").admits(1)


def test_frames_are_numbered_from_1_and_sent_once() -> None:
    session = opened()
    offer(session, b"a", b"b")
    assert sent(session) == [1, 2]
    assert sent(session) == []


def test_frames_are_admitted_up_to_the_credit_in_frames() -> None:
    session = opened(Credit(frames=2, bytes=1000))
    offer(session, b"a", b"b")
    assert not session.admits(1)
    sent(session)
    session.acknowledged([1], [])
    assert session.admits(1)


def test_frames_are_admitted_up_to_the_credit_in_bytes() -> None:
    session = opened(Credit(frames=10, bytes=10))
    offer(session, b"123456")
    assert session.admits(4)
    assert not session.admits(5)


def test_a_frame_larger_than_all_the_credit_goes_alone() -> None:
    session = opened(Credit(frames=10, bytes=10))
    assert session.admits(500)
    offer(session, bytes(500))
    assert not session.admits(1)
    assert sent(session) == [1]


def test_an_image_over_the_limit_is_withheld_and_costs_no_bytes() -> None:
    session = opened(Credit(frames=2, bytes=1000), max_frame_bytes=1000)
    offer(session, bytes(1001))
    (frame,) = session.next_to_send()
    assert (frame.image, frame.withheld_bytes) == (b"", 1001)
    assert session.admits(1000)


def test_a_message_has_as_many_frames_as_ingest_takes_in_one() -> None:
    session = CameraSession("s1")
    session.opened(Credit(frames=6, bytes=1000), 1000, Credit(frames=3, bytes=10))
    offer(session, b"a", b"b", b"c", b"d", b"e" * 8, b"ff")
    messages = []
    while message := session.next_to_send():
        messages.append([frame.sequence for frame in message])
    # Three frames, ten bytes, and in all the six that may be unacknowledged.
    assert messages == [[1, 2, 3], [4, 5], [6]]


def test_a_session_knows_when_a_message_is_full() -> None:
    session = CameraSession("s1")
    session.opened(PLENTY, 1000, Credit(frames=3, bytes=10))
    offer(session, b"a", b"b")
    assert not session.fills_message
    offer(session, b"c")
    assert session.fills_message
    session.next_to_send()
    offer(session, b"d" * 10)
    assert session.fills_message


def test_a_frame_that_is_larger_than_a_message_goes_alone() -> None:
    session = CameraSession("s1")
    session.opened(PLENTY, 1000, Credit(frames=3, bytes=10))
    offer(session, b"a" * 20, b"b")
    assert [len(session.next_to_send()), len(session.next_to_send())] == [1, 1]


def test_a_broken_stream_sends_nothing_but_still_takes_what_fits() -> None:
    session = opened(Credit(frames=2, bytes=1000))
    session.broken()
    offer(session, b"a")
    assert sent(session) == []
    assert session.admits(1)


def test_the_next_stream_gets_everything_unanswered_in_order() -> None:
    session = opened()
    offer(session, b"a", b"b", b"c")
    sent(session)
    session.acknowledged([2], [])
    session.broken()
    offer(session, b"d")
    session.opened(PLENTY, 1000)
    assert sent(session) == [1, 3, 4]


def test_a_lower_limit_on_the_next_stream_withholds_what_was_sent_before() -> None:
    session = opened()
    offer(session, bytes(500))
    sent(session)
    session.broken()
    session.opened(PLENTY, max_frame_bytes=100)
    (frame,) = session.next_to_send()
    assert (frame.image, frame.withheld_bytes) == (b"", 500)


def test_an_answer_counts_once() -> None:
    session = opened()
    offer(session, b"a", b"b")
    sent(session)
    session.acknowledged([1, 1], [FrameRejected(1, "empty", "")])
    assert session.counts == Counts(offered=2, accepted=1, rejected=0, dropped=0, pending=1)


def test_an_answer_to_a_frame_that_was_not_sent_is_of_no_account() -> None:
    session = opened(Credit(frames=1, bytes=1000))
    offer(session, b"a")
    session.acknowledged([1, 99], [])
    assert session.counts.pending == 1
    assert sent(session) == [1]


def test_rejections_are_told_once() -> None:
    session = opened()
    offer(session, b"a")
    sent(session)
    rejected = FrameRejected(1, "empty", "no bytes")
    session.acknowledged([], [rejected])
    assert session.take_rejected() == [rejected]
    assert session.take_rejected() == []
    assert session.counts == Counts(offered=1, accepted=0, rejected=1, dropped=0, pending=0)


def spooling(frames: int = 3, size: int = 1000) -> CameraSession:
    return CameraSession("s1", Credit(frames, size))


def test_a_session_that_drops_admits_always() -> None:
    session = spooling()
    assert session.admits(10**9)
    session.opened(Credit(1, 1), 1000)
    offer(session, b"a", b"b")
    assert session.admits(10**9)


def test_the_oldest_frames_that_were_never_sent_make_room() -> None:
    session = spooling(frames=3)
    offer(session, *(b"image" for _ in range(5)))
    session.opened(PLENTY, 1000)
    assert sent(session) == [3, 4, 5]
    assert session.counts == Counts(offered=5, accepted=0, rejected=0, dropped=2, pending=3)


def test_a_frame_that_was_sent_is_not_dropped() -> None:
    session = spooling(frames=1)
    session.opened(Credit(frames=1, bytes=1000), 1000)
    offer(session, b"a")
    assert sent(session) == [1]
    session.broken()
    offer(session, b"b", b"c", b"d")
    session.opened(PLENTY, 1000)
    assert sent(session) == [1, 4]
    assert session.counts.dropped == 2


def test_the_spool_is_bounded_in_bytes() -> None:
    session = spooling(frames=100, size=10)
    offer(session, b"1234", b"1234", b"123")
    session.opened(PLENTY, 1000)
    assert sent(session) == [2, 3]


def test_an_image_larger_than_the_spool_waits_alone() -> None:
    session = spooling(size=10)
    offer(session, b"1234", bytes(50))
    session.opened(PLENTY, 1000)
    assert sent(session) == [2]


def test_an_image_over_the_limit_gives_its_room_back_when_the_limit_is_known() -> None:
    session = spooling(size=1000)
    offer(session, bytes(900))
    session.opened(Credit(frames=1, bytes=10), max_frame_bytes=100)
    offer(session, bytes(50))
    assert session.counts.dropped == 0
    (frame,) = session.next_to_send()
    assert (frame.sequence, frame.withheld_bytes) == (1, 900)
