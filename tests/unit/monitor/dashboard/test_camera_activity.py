from collections.abc import Mapping

from framemesh.core.ledger.camera_ledger import Account
from framemesh.core.ledger.traffic import Traffic
from framemesh.monitor.dashboard.mesh.camera_activity import Activity, CameraActivity
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.pictures.picture import CameraKey
from framemesh.monitor.ledger.pipeline_ledger import AgePercentiles, LedgerSummary
from framemesh.monitor.status.pipeline_status import PipelineStatus

NORTH = CameraKey("street", "north")


def state(second: float, accounts: Mapping[str, Account]) -> MeshState:
    ledger = LedgerSummary(accounts, Account(), 0, 0, 0, AgePercentiles(0, 0, 0), 0, Traffic())
    statuses = {"street": PipelineStatus("street", ledger)}
    return MeshState(at_unix_nano=round(second * 1e9), statuses=statuses)


def done(frames: int) -> dict[str, Account]:
    return {"north": Account(accepted=frames, done=frames)}


def test_a_camera_that_does_nothing_was_not_seen() -> None:
    activity = CameraActivity()
    for second in (1, 2, 3):
        activity.add(state(second, done(5)))
    assert activity.of(NORTH).last_seen_ms is None
    assert activity.of(CameraKey("street", "south")) == Activity()


def test_a_camera_was_seen_when_its_counts_changed_last() -> None:
    activity = CameraActivity()
    for second, frames in ((1, 5), (2, 6), (3, 6)):
        activity.add(state(second, done(frames)))
    assert activity.of(NORTH).last_seen_ms == 2000


def test_its_rate_is_that_of_the_last_seconds() -> None:
    activity = CameraActivity()
    for second in range(21):
        activity.add(state(second, done(10 * second)))
    assert activity.of(NORTH).per_second == 10
    for second in range(21, 31):
        activity.add(state(second, done(200)))
    assert activity.of(NORTH).per_second == 0


def test_a_camera_that_is_gone_is_forgotten() -> None:
    activity = CameraActivity()
    activity.add(state(1, done(5)))
    activity.add(state(2, done(6)))
    activity.add(state(3, {}))
    assert activity.of(NORTH) == Activity()
