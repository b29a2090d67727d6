"""When each camera was heard of last, and how many of its frames are completed a second.

The ledgers do not tell: it follows from how their counts change.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.core.ledger.camera_ledger import Account
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.pictures.picture import CameraKey

WINDOW_MS = 5000.0
"""Over which a rate is taken at least."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Of one camera; None: not known yet."""

    last_seen_ms: float | None = None
    per_second: float | None = None


NOTHING_KNOWN = Activity()


@dataclass(slots=True)
class _Counted:
    entries: int
    """All that the ledger counted when it was looked at last."""
    since_ms: float
    """When the window of the rate began."""
    completed: int
    """At its beginning."""
    activity: Activity = NOTHING_KNOWN


class CameraActivity:
    """Of all cameras that the ledgers know by name: bounded as those are."""

    def __init__(self) -> None:
        self._counted: Mapping[CameraKey, _Counted] = {}

    def of(self, camera: CameraKey) -> Activity:
        counted = self._counted.get(camera)
        return counted.activity if counted else NOTHING_KNOWN

    def add(self, state: MeshState) -> None:
        """Compare with the state before. Of 16,384 cameras in milliseconds: call it in a thread."""
        now = state.at_unix_nano / 1e6
        before = self._counted
        self._counted = {
            key: _next(before.get(key), account, now) for key, account in _accounts(state)
        }


def _accounts(state: MeshState) -> "list[tuple[CameraKey, Account]]":
    return [
        (CameraKey(name, camera), account)
        for name, status in state.statuses.items()
        if status.ledger is not None
        for camera, account in status.ledger.accounts.items()
    ]


def _next(counted: _Counted | None, account: Account, now_ms: float) -> _Counted:
    completed = account.accepted - account.pending
    entries = account.offered + completed
    if counted is None:
        return _Counted(entries, now_ms, completed)
    activity = counted.activity
    if entries != counted.entries:
        counted.entries = entries
        activity = Activity(now_ms, activity.per_second)
    if (elapsed := now_ms - counted.since_ms) >= WINDOW_MS:
        rate = max(0, completed - counted.completed) * 1000 / elapsed
        counted.since_ms, counted.completed = now_ms, completed
        activity = Activity(activity.last_seen_ms, rate)
    counted.activity = activity
    return counted
