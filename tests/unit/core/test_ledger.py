from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.ledger import OPEN_SESSIONS, CameraLedger
from framemesh.core.outcome import Fate

ACCEPTED_FATES = [Fate.DONE, Fate.EXPIRED, Fate.SUPERSEDED, Fate.DEAD]

frames = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 30)),
    st.one_of(st.none(), st.sampled_from(list(Fate))),
)


@given(frames, st.randoms(use_true_random=False), st.booleans())
def test_it_balances_in_whatever_order_it_is_told(
    fates: dict[tuple[str, int], Fate | None], random: st.DataObject, twice: bool
) -> None:
    """`fates` says for each frame what became of it; None: it is still pending."""
    entries: list[tuple[str, int, Fate | None]] = []
    for (session, sequence), fate in fates.items():
        if fate is not Fate.REJECTED:
            entries.append((session, sequence, None))
        if fate is not None:
            entries.append((session, sequence, fate))
    entries *= 2 if twice else 1
    random.shuffle(entries)  # type: ignore[attr-defined]

    ledger = CameraLedger()
    for session, sequence, fate in entries:
        if fate is None:
            ledger.accept(session, sequence, sequence)
        else:
            ledger.seal(session, sequence, fate, "")

    account = ledger.account
    assert account.offered == len(fates)
    assert account.rejected == sum(fate is Fate.REJECTED for fate in fates.values())
    assert account.pending == sum(fate is None for fate in fates.values())
    sealed = account.done + account.expired + account.superseded + account.dead
    assert account.accepted == sealed + account.pending
    assert ledger.duplicates == (sum(f is not None for f in fates.values()) if twice else 0)


def test_an_outcome_proves_that_its_frame_was_accepted() -> None:
    ledger = CameraLedger()
    ledger.seal("s", 1, Fate.DONE, "")
    assert (ledger.account.accepted, ledger.account.pending) == (1, 0)
    assert ledger.accept("s", 1, 2) == 1
    assert (ledger.account.accepted, ledger.account.pending) == (2, 1)


def test_reasons_are_counted() -> None:
    ledger = CameraLedger()
    ledger.seal("s", 1, Fate.DEAD, "undecodable")
    ledger.seal("s", 2, Fate.REJECTED, "too_large")
    ledger.seal("s", 3, Fate.REJECTED, "too_large")
    assert ledger.account.reasons == {"undecodable": 1, "too_large": 2}


def test_old_sessions_become_a_sum_unless_frames_of_theirs_are_pending() -> None:
    ledger = CameraLedger()
    ledger.accept("pending", 1, 5)
    for number in range(3 * OPEN_SESSIONS):
        ledger.accept(f"s{number}", 1, 2)
        ledger.seal(f"s{number}", 1, Fate.DONE, "")
        ledger.seal(f"s{number}", 2, Fate.DONE, "")
    assert len(ledger._sessions) <= OPEN_SESSIONS + 1
    assert ledger.account.accepted == 5 + 6 * OPEN_SESSIONS
    assert ledger.account.pending == 5
    assert not ledger.accept("pending", 1, 5)


def test_rejected_frames_leave_no_holes() -> None:
    ledger = CameraLedger()
    for sequence in range(1, 1001, 2):
        ledger.accept("s", sequence, sequence)
        ledger.seal("s", sequence, Fate.DONE, "")
        ledger.seal("s", sequence + 1, Fate.REJECTED, "truncated")
    session = ledger._sessions["s"]
    assert session.known.runs == session.sealed.runs == ((1, 1000),)
    assert (ledger.account.accepted, ledger.account.rejected) == (500, 500)
