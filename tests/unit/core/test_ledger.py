from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.ledger.camera_ledger import CameraLedger
from framemesh.core.ledger.camera_sessions import MAX_COMPLETE_SESSIONS, MAX_PENDING_SESSIONS
from framemesh.core.ledger.closed_sessions import ClosedSessions
from framemesh.core.ledger.session_frames import MAX_GAPS, FrameStatus
from framemesh.core.outcome import Fate

frames = st.dictionaries(
    st.tuples(st.sampled_from("abcdefghijkl"), st.integers(1, 30)),
    st.one_of(st.none(), st.sampled_from(list(Fate))),
)


@given(frames, st.randoms(use_true_random=False), st.booleans())
def test_it_balances_in_whatever_order_entries_come(
    fates: dict[tuple[str, int], Fate | None], random: st.DataObject, twice: bool
) -> None:
    """`fates` says for each frame what became of it; None: it is still pending."""
    entries: list[tuple[str, int, Fate | None]] = []
    for (session, sequence), fate in fates.items():
        # One that was refused when it was sent again is on record as accepted, too.
        if fate is not Fate.REJECTED or sequence % 2:
            entries.append((session, sequence, None))
        if fate is not None:
            entries.append((session, sequence, fate))
    entries *= 2 if twice else 1
    random.shuffle(entries)  # type: ignore[attr-defined]

    ledger = CameraLedger("north", ClosedSessions())
    for session, sequence, fate in entries:
        if fate is None:
            ledger.accept(session, sequence, sequence)
        else:
            ledger.complete(session, sequence, fate, "")

    account = ledger.account
    assert account.offered == len(fates)
    assert account.rejected == sum(fate is Fate.REJECTED for fate in fates.values())
    assert account.pending == sum(fate is None for fate in fates.values())
    completed = account.done + account.expired + account.superseded + account.dead
    assert account.accepted == completed + account.pending
    assert ledger.duplicates == (sum(f is not None for f in fates.values()) if twice else 0)


def test_an_outcome_proves_that_its_frame_was_accepted() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    ledger.complete("s", 1, Fate.DONE, "")
    assert (ledger.account.accepted, ledger.account.pending) == (1, 0)
    assert ledger.accept("s", 1, 2) == 1
    assert (ledger.account.accepted, ledger.account.pending) == (2, 1)


@given(frames, st.randoms(use_true_random=False), st.integers(1, 30), st.integers(0, 20))
def test_filtered_frames_balance_in_whatever_order_entries_come(
    fates: dict[tuple[str, int], Fate | None], random: st.DataObject, first: int, length: int
) -> None:
    run = range(first, first + length + 1)
    fates = {key: fate for key, fate in fates.items() if key[1] not in run}
    sessions = sorted({session for session, _ in fates})
    entries: list[tuple[str, int, Fate | None]] = [(*key, fate) for key, fate in fates.items()]
    entries += [(session, 0, None) for session in sessions] * 2
    random.shuffle(entries)  # type: ignore[attr-defined]
    ledger = CameraLedger("north", ClosedSessions())
    for session, sequence, fate in entries:
        if not sequence:
            ledger.reject(session, run[0], run[-1], "filtered")
        elif fate is None:
            ledger.accept(session, sequence, sequence)
        else:
            ledger.complete(session, sequence, fate, "")
    account = ledger.account
    filtered = len(run) * len(sessions)
    assert account.reasons.get("filtered", 0) == filtered
    assert account.offered == len(fates) + filtered
    assert account.rejected == filtered + sum(fate is Fate.REJECTED for fate in fates.values())
    assert account.pending == sum(fate is None for fate in fates.values())
    assert ledger.duplicates == 0


def test_a_frame_that_came_is_not_filtered() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    ledger.accept("s", 2, 2)
    ledger.reject("s", 1, 3, "filtered")
    assert (ledger.account.rejected, ledger.account.pending) == (2, 1)
    assert ledger.complete("s", 2, Fate.DONE, "")
    assert (ledger.account.offered, ledger.account.done, ledger.duplicates) == (3, 1, 0)
    assert ledger.frame_status("s", 3) is FrameStatus.COMPLETED


def test_reasons_are_counted() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    ledger.complete("s", 1, Fate.DEAD, "undecodable")
    ledger.complete("s", 2, Fate.REJECTED, "too_large")
    ledger.complete("s", 3, Fate.REJECTED, "too_large")
    assert ledger.account.reasons == {"undecodable": 1, "too_large": 2}


def test_frames_of_sessions_that_became_a_sum_are_not_counted_again() -> None:
    ledger = CameraLedger("north", closed := ClosedSessions())
    ledger.accept("pending", 1, 5)
    names = [f"s{number}" for number in range(10 * MAX_COMPLETE_SESSIONS)]
    for _ in range(2):
        for name in names:
            ledger.accept(name, 1, 2)
            ledger.complete(name, 1, Fate.DONE, "")
            ledger.complete(name, 2, Fate.DONE, "")
    assert len(closed.state.frames) == 9 * MAX_COMPLETE_SESSIONS
    assert (ledger.account.accepted, ledger.account.pending) == (5 + 2 * len(names), 5)
    assert ledger.duplicates == 2 * len(names)
    assert not ledger.accept("pending", 1, 5)


def test_a_session_that_became_a_sum_goes_on_where_it_was() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    for name in ("first", *map(str, range(MAX_COMPLETE_SESSIONS))):
        ledger.complete(name, 1, Fate.DONE, "")
    assert ledger.accept("first", 1, 3) == 2
    assert (ledger.account.accepted, ledger.account.pending) == (MAX_COMPLETE_SESSIONS + 3, 2)


def test_a_frame_is_unknown_then_pending_then_completed_also_in_a_closed_session() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    statuses = [ledger.frame_status("s", 1)]
    ledger.accept("s", 1, 1)
    statuses.append(ledger.frame_status("s", 1))
    ledger.complete("s", 1, Fate.DEAD, "undecodable")
    statuses.append(ledger.frame_status("s", 1))
    for number in range(MAX_COMPLETE_SESSIONS):
        ledger.complete(f"later-{number}", 1, Fate.DONE, "")
    statuses.append(ledger.frame_status("s", 1))
    assert statuses == [
        FrameStatus.UNKNOWN,
        FrameStatus.PENDING,
        FrameStatus.COMPLETED,
        FrameStatus.COMPLETED,
    ]
    assert ledger.frame_status("s", 2) is FrameStatus.UNKNOWN


def test_the_sessions_that_have_a_frame_come_with_pending_ones_first_and_newest_first() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    for name, last in (("a", 9), ("b", 3), ("c", 9), ("d", 9)):
        ledger.accept(name, 1, last)
    for name in ("a", "c"):
        for sequence in range(1, 10):
            ledger.complete(name, sequence, Fate.DONE, "")
    assert ledger.sessions_with(5) == ["d", "c", "a"]


def test_rejected_frames_leave_no_holes() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    for sequence in range(1, 1001, 2):
        ledger.accept("s", sequence, sequence)
        ledger.complete("s", sequence, Fate.DONE, "")
        ledger.complete("s", sequence + 1, Fate.REJECTED, "truncated")
    (session,) = ledger.state.sessions
    assert session.known == session.completed == ((1, 1000),)
    assert (ledger.account.accepted, ledger.account.rejected) == (500, 500)


def test_a_camera_that_drops_for_days_leaves_few_gaps_and_is_counted_exactly() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    kept = range(1, 10_000, 3)
    for sequence in kept:
        ledger.accept("s", sequence, sequence)
    # The workers are behind: what is done now was accepted long ago.
    for sequence in kept[:-5]:
        assert ledger.complete("s", sequence, Fate.DONE, "")
    account = ledger.account
    assert (account.accepted, account.done, account.pending) == (len(kept), len(kept) - 5, 5)
    (session,) = ledger.state.sessions
    assert len(session.known) == MAX_GAPS + 1
    assert len(session.completed) <= MAX_GAPS + 1
    assert (ledger.duplicates, ledger.frame_status("s", kept[-1])) == (0, FrameStatus.PENDING)


def test_a_frame_that_is_as_late_as_can_be_is_no_second_one() -> None:
    ledger = CameraLedger("north", ClosedSessions())
    ledger.accept("s", 1, 1)
    for number in range(2, MAX_GAPS + 1):
        ledger.accept("s", 2 * number, 2 * number)
    assert [ledger.accept("s", n, n) for n in (3, 5)] == [1, 1]
    assert ledger.complete("s", 2, Fate.DONE, "")
    assert ledger.account.accepted == MAX_GAPS + 3


def test_a_camera_with_too_many_pending_sessions_counts_the_oldest_ones_elsewhere() -> None:
    ledger = CameraLedger("north", closed := ClosedSessions())
    for number in range(MAX_PENDING_SESSIONS + 2):
        ledger.accept(f"s{number}", 1, 3)
    assert (ledger.account.pending, closed.pending) == (3 * MAX_PENDING_SESSIONS, 6)
    assert ledger.frame_status("s0", 3) is FrameStatus.PENDING
    assert ledger.complete("s0", 3, Fate.DONE, "")
    assert ledger.account.pending + closed.pending == 3 * (MAX_PENDING_SESSIONS + 2) - 1
