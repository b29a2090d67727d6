"""However few cameras are kept by name, all accounts together are exact."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.ledger.camera_ledgers import CameraLedgers
from framemesh.core.ledger.session_frames import FrameStatus
from framemesh.core.outcome import Fate

cameras = st.sampled_from("abcdefgh")
sessions = st.sampled_from([f"s{number}" for number in range(20)])
sequences = st.integers(1, 6)

Entry = tuple[FrameId, Fate | None]
"""Without a fate: the frame was accepted."""

entries = st.lists(
    st.tuples(
        st.builds(FrameId, cameras, sessions, sequences),
        st.one_of(st.none(), st.sampled_from(list(Fate))),
    ),
    max_size=120,
)


@dataclass
class Unbounded:
    """Remembers every frame."""

    accepted: set[FrameId] = field(default_factory=set)
    fates: dict[FrameId, Fate] = field(default_factory=dict)
    duplicates: int = 0

    def apply(self, frame: FrameId, fate: Fate | None) -> None:
        if fate is None:
            if frame not in self.fates:
                self.accepted.add(frame)
        elif frame in self.fates:
            self.duplicates += 1
        else:
            self.fates[frame] = fate
            (self.accepted.discard if fate is Fate.REJECTED else self.accepted.add)(frame)

    def total(self) -> Account:
        counts = Counter(self.fates.values())
        return Account(
            len(self.accepted),
            counts[Fate.REJECTED],
            counts[Fate.DONE],
            counts[Fate.EXPIRED],
            counts[Fate.SUPERSEDED],
            counts[Fate.DEAD],
            {fate.value: count for fate, count in counts.items() if fate is not Fate.DONE},
        )

    def status(self, frame: FrameId) -> FrameStatus:
        if frame in self.fates:
            return FrameStatus.COMPLETED
        return FrameStatus.PENDING if frame in self.accepted else FrameStatus.UNKNOWN


def apply(ledgers: CameraLedgers, frame: FrameId, fate: Fate | None) -> int:
    """Returns how many frames are accepted that were not known to be."""
    if fate is None:
        return ledgers.accept(frame.camera, frame.session, frame.sequence, frame.sequence)
    return ledgers.complete(frame, fate, "" if fate is Fate.DONE else fate.value)[1]


def total(ledgers: CameraLedgers) -> Account:
    found = ledgers.retired
    for account in ledgers.accounts.values():
        found = found.plus(account)
    return found


def balances(account: Account) -> bool:
    return account.pending >= 0 and account.offered == account.accepted + account.rejected


@given(entries, st.integers(1, 4), st.sets(st.integers(0, 120), max_size=3))
def test_all_accounts_together_are_those_of_an_unbounded_ledger(
    written: list[Entry], limit: int, restarts: set[int]
) -> None:
    ledgers, unbounded, accepted = CameraLedgers(limit=limit), Unbounded(), 0
    for at, (frame, fate) in enumerate(written):
        if at in restarts:
            ledgers = CameraLedgers(ledgers.state, limit)
        accepted += apply(ledgers, frame, fate)
        unbounded.apply(frame, fate)
        assert len(ledgers.accounts) <= limit
        assert all(map(balances, [ledgers.retired, *ledgers.accounts.values()]))
        assert total(ledgers) == unbounded.total()
    assert accepted == len(unbounded.accepted)
    assert ledgers.duplicates == unbounded.duplicates
    for frame, _ in written:
        assert ledgers.frame_status(frame) is unbounded.status(frame)
    assert CameraLedgers(ledgers.state, limit).state == ledgers.state


def test_the_camera_that_is_idle_for_longest_and_complete_is_retired_first() -> None:
    ledgers = CameraLedgers(limit=3)
    ledgers.accept("pending", "s", 1, 2)
    for camera in ("first", "second"):
        ledgers.complete(FrameId(camera, "s", 1), Fate.DONE, "")
    ledgers.accept("first", "s", 1, 1)
    ledgers.complete(FrameId("third", "s", 1), Fate.DONE, "")
    assert list(ledgers.accounts) == ["first", "pending", "third"]
    assert (ledgers.retired.done, ledgers.retired_cameras) == (1, 1)


def test_a_retired_camera_comes_back_and_is_not_counted_twice() -> None:
    ledgers = CameraLedgers(limit=1)
    ledgers.accept("north", "s", 1, 3)
    ledgers.complete(FrameId("north", "s", 1), Fate.DONE, "")
    ledgers.accept("south", "s", 1, 1)
    assert (ledgers.retired.done, ledgers.retired.pending) == (1, 2)
    # The second outcome of a frame, then the first of another.
    assert ledgers.complete(FrameId("north", "s", 1), Fate.DONE, "") == (False, 0)
    assert ledgers.complete(FrameId("north", "s", 2), Fate.DEAD, "undecodable") == (True, 0)
    assert ledgers.account("north") == Account(2, 0, 0, 0, 0, 1, {"undecodable": 1})
    assert total(ledgers).pending == 2


def test_names_without_end_take_no_more_room() -> None:
    ledgers = CameraLedgers(limit=100)
    for number in range(5_000):
        ledgers.complete(FrameId(f"camera-{number}", "s", 1), Fate.DONE, "")
    assert len(ledgers.state.by_name) == 100
    assert (ledgers.retired.done, ledgers.retired_cameras) == (4_900, 4_900)
