"""The ledgers of all cameras of a pipeline, bounded in number."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from framemesh.core.frame import FrameId
from framemesh.core.ledger.camera_ledger import Account, CameraLedger, LedgerState
from framemesh.core.ledger.closed_sessions import ClosedSessions, ClosedState
from framemesh.core.ledger.session_frames import FrameStatus
from framemesh.core.outcome import Fate

MAX_CAMERAS = 16_384
"""Kept by name: four times as many as a large installation has. Clients choose the names: one that
takes a new name with every start must not fill the memory, or the checkpoint."""


@dataclass(frozen=True, slots=True)
class CamerasState:
    """The complete state of the ledgers of all cameras."""

    by_name: Mapping[str, LedgerState] = field(default_factory=dict)
    """Those with pending frames first, of each kind the one with the oldest entry first."""
    retired: LedgerState = field(default_factory=LedgerState)
    """The sum of those that are not kept by name, without the pending frames of closed sessions."""
    retired_cameras: int = 0
    closed: ClosedState = field(default_factory=ClosedState)


class CameraLedgers:
    """The ledgers of the most recently active cameras, and one sum for all others.

    When there are too many, the camera that has been idle longest is retired, preferably one
    without pending frames: its account is added to the sum, and its sessions are closed. An entry
    of a retired camera makes a new ledger for it, which finds the closed session, so no frame is
    counted twice. The total is the same as without a bound.
    """

    def __init__(self, state: CamerasState = CamerasState(), limit: int = MAX_CAMERAS) -> None:
        """Continues from `state`.

        Raises:
            ValueError: `state` is not a valid state of ledgers.
        """
        self._limit = limit
        self._closed = ClosedSessions(state.closed)
        # Both with the camera first whose last entry is oldest.
        self._pending: OrderedDict[str, CameraLedger] = OrderedDict()
        self._complete: OrderedDict[str, CameraLedger] = OrderedDict()
        self._retired = state.retired
        self.retired_cameras = state.retired_cameras
        """Number of retirements: a camera that was retired twice counts twice."""
        for name, camera in state.by_name.items():
            self._put(name, CameraLedger(name, self._closed, camera))

    def accept(self, camera: str, session: str, first: int, last: int) -> int:
        """See CameraLedger."""
        ledger = self._take(camera)
        new = ledger.accept(session, first, last)
        self._put(camera, ledger)
        return new

    def reject(self, camera: str, session: str, first: int, last: int, reason: str) -> None:
        """See CameraLedger."""
        ledger = self._take(camera)
        ledger.reject(session, first, last, reason)
        self._put(camera, ledger)

    def complete(self, frame: FrameId, fate: Fate, reason: str) -> tuple[bool, int]:
        """A frame has its outcome; returns whether it is the first one, and the change in the
        number of accepted frames: -1 for a frame that was accepted and is rejected now."""
        ledger = self._take(frame.camera)
        before = ledger.accepted + self._closed.pending
        first = ledger.complete(frame.session, frame.sequence, fate, reason)
        accepted = ledger.accepted + self._closed.pending - before
        self._put(frame.camera, ledger)
        return first, accepted

    @property
    def accounts(self) -> dict[str, Account]:
        """Of the cameras that are kept by name, sorted."""
        ledgers = {**self._pending, **self._complete}
        return {name: ledgers[name].account for name in sorted(ledgers)}

    @property
    def retired(self) -> Account:
        """The sum of all others, with the pending frames of closed sessions."""
        account = self._retired.account
        return replace(account, accepted=account.accepted + self._closed.pending)

    @property
    def duplicates(self) -> int:
        """Outcomes for frames that already had one, of all cameras."""
        ledgers = (*self._pending.values(), *self._complete.values())
        return self._retired.duplicates + sum(ledger.duplicates for ledger in ledgers)

    def account(self, camera: str) -> Account:
        """All zeros for a camera that is not kept by name."""
        ledger = self._find(camera)
        return ledger.account if ledger else Account()

    def frame_status(self, frame: FrameId) -> FrameStatus:
        """What is known of one frame."""
        ledger = self._find(frame.camera) or CameraLedger(frame.camera, self._closed)
        return ledger.frame_status(frame.session, frame.sequence)

    def pending_frames(self, camera: str = "") -> Iterator[FrameId]:
        """Those of a camera, or of all that are kept by name, without those of closed sessions; the
        camera that has been idle longest first. For as long as nothing changes."""
        if camera:
            ledger = self._find(camera)
            yield from ledger.pending_frames() if ledger else ()
            return
        for ledger in self._pending.values():
            yield from ledger.pending_frames()

    def sessions_with(self, camera: str, sequence: int) -> list[str]:
        """See CameraLedger."""
        ledger = self._find(camera)
        return ledger.sessions_with(sequence) if ledger else []

    @property
    def state(self) -> CamerasState:
        ledgers = (*self._pending.items(), *self._complete.items())
        return CamerasState(
            {name: ledger.state for name, ledger in ledgers},
            self._retired,
            self.retired_cameras,
            self._closed.state,
        )

    def _find(self, camera: str) -> CameraLedger | None:
        return self._pending.get(camera) or self._complete.get(camera)

    def _take(self, camera: str) -> CameraLedger:
        for place in (self._pending, self._complete):
            if (ledger := place.pop(camera, None)) is not None:
                return ledger
        return CameraLedger(camera, self._closed)

    def _put(self, camera: str, ledger: CameraLedger) -> None:
        (self._pending if ledger.has_pending else self._complete)[camera] = ledger
        if len(self._pending) + len(self._complete) > self._limit:
            self._retire_oldest(camera)

    def _retire_oldest(self, newest: str) -> None:
        """Retire the camera that has been idle longest; `newest` only if there is no other."""
        idle = next((name for name in self._complete if name != newest), None)
        oldest = idle or next((name for name in self._pending if name != newest), newest)
        left = self._take(oldest).close()
        self._retired = LedgerState(
            self._retired.account.plus(left.account), self._retired.duplicates + left.duplicates
        )
        self.retired_cameras += 1
