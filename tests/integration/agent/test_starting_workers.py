"""A node with one CPU starts two workers at a time."""

import pytest

from framemesh.agent.settings import AgentSettings
from framemesh.api.master.v1 import node_pb2
from tests.integration.agent.conftest import Stage, ready

STARTING = node_pb2.WORKER_STATE_STARTING
FAILED = node_pb2.WORKER_STATE_FAILED


@pytest.fixture
def settings(settings: AgentSettings) -> AgentSettings:
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


async def test_a_worker_that_fails_again_and_again_holds_up_no_other(stage: Stage) -> None:
    behave(stage, "north", "broken")
    await stage.master.assign(north=1)
    await stage.master.reported(lambda node: any(w.state == FAILED for w in node.workers))
    await stage.master.assign(north=1, south=1)
    await stage.master.reported(ready("south"))


async def test_many_workers_become_ready_one_after_the_other(stage: Stage) -> None:
    names = [f"camera-{number}" for number in range(4)]
    await stage.master.assign(**dict.fromkeys(names, 1))
    node = await stage.master.reported(ready(*names))
    assert all(worker.restarts == 0 for worker in node.workers)
