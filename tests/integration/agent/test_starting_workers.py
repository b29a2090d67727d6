"""A node with one CPU starts two workers at a time."""

from functools import partial

import pytest

from framemesh.agent import app
from framemesh.agent.settings import AgentSettings
from framemesh.agent.start_slots import StartSlots
from framemesh.api.master.v1 import node_pb2
from tests.integration.agent.conftest import Stage, ready

STARTING = node_pb2.WORKER_STATE_STARTING
FAILED = node_pb2.WORKER_STATE_FAILED


@pytest.fixture
def settings(settings: AgentSettings, monkeypatch: pytest.MonkeyPatch) -> AgentSettings:
    # No worker waits long enough for a slot that is kept to come free by its age.
    monkeypatch.setattr(app, "StartSlots", partial(StartSlots, held_seconds=600))
    return settings.model_copy(update={"cpus": 1})


def behave(stage: Stage, worker: str, behaviour: str) -> None:
    (stage.settings.data / "workers").mkdir(exist_ok=True)
    (stage.settings.data / "workers" / f"{worker}.behaviour").write_text(behaviour)


def starts(node: node_pb2.Node) -> dict[str, bool]:
    """Of the workers that are not ready, whether there is a process."""
    return {worker.id: worker.pid > 0 for worker in node.workers if worker.state == STARTING}


async def test_a_worker_waits_until_one_before_is_ready(stage: Stage) -> None:
    behave(stage, "north", "silent")
    behave(stage, "east", "silent")
    await stage.master.assign(north=1, east=1)
    await stage.master.reported(lambda node: starts(node) == {"north": True, "east": True})
    await stage.master.assign(north=1, east=1, south=1)
    await stage.master.reported(
        lambda node: starts(node) == {"north": True, "east": True, "south": False}
    )
    await stage.master.assign(north=1, south=1)
    await stage.master.reported(ready("south"))


async def test_workers_that_failed_hold_up_no_other_until_they_are_tried_again(
    stage: Stage,
) -> None:
    for name in ("north", "east"):
        behave(stage, name, "unservable")
    await stage.master.assign(north=1, east=1)
    await stage.master.reported(
        lambda node: [worker.state for worker in node.workers] == [FAILED, FAILED]
    )
    await stage.master.assign(north=1, east=1, south=1)
    await stage.master.reported(ready("south"))


async def test_more_workers_than_may_start_at_once_all_become_ready(stage: Stage) -> None:
    names = [f"camera-{number}" for number in range(5)]
    await stage.master.assign(**dict.fromkeys(names, 1))
    node = await stage.master.reported(ready(*names))
    assert all(worker.restarts == 0 for worker in node.workers)
