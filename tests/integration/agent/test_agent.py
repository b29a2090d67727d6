"""The agent with real worker processes and a scripted master over real gRPC."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from framemesh.api.master.v1 import node_pb2
from framemesh.runtime.rpc.health import grpc_serving
from tests.integration.agent.conftest import Stage, ready
from tests.waiting import eventually

FAILED = node_pb2.WORKER_STATE_FAILED
STARTING = node_pb2.WORKER_STATE_STARTING


def pids(node: node_pb2.Node) -> dict[str, int]:
    return {worker.id: worker.pid for worker in node.workers}


def is_in(state: node_pb2.WorkerState.ValueType) -> Callable[[node_pb2.Node], bool]:
    return lambda node: any(worker.state == state for worker in node.workers)


def gone(path: Path) -> Callable[[], Awaitable[bool]]:
    async def answer() -> bool:
        return not await asyncio.to_thread(path.exists)

    return answer


async def test_a_node_is_reported_with_its_figures(stage: Stage) -> None:
    node = await stage.master.reported(lambda node: node.name == "bench-3")
    assert node.cpus == psutil.cpu_count()
    assert 0 <= node.cpu_used <= 1
    assert 0 < node.memory_used_bytes < node.memory_bytes
    assert not node.workers


async def test_assigned_workers_become_ready_on_ports_of_their_own(stage: Stage) -> None:
    await stage.master.assign(north=1, south=1)
    node = await stage.master.reported(ready("north", "south"))
    first = stage.settings.first_port
    assert {w.address for w in node.workers} == {f"127.0.0.1:{first + n}" for n in range(2)}
    assert all(
        psutil.Process(pid).environ()["FRAMEMESH_WORKER_PIPELINE"] == "street"
        for pid in pids(node).values()
    )


async def test_a_killed_worker_is_started_again(stage: Stage) -> None:
    await stage.master.assign(north=1)
    before = await stage.master.reported(ready("north"))
    os.kill(before.workers[0].pid, signal.SIGKILL)
    failed = await stage.master.reported(is_in(FAILED))
    assert failed.workers[0].trouble == "killed by signal 9 (Killed)"
    after = await stage.master.reported(ready("north"))
    assert after.workers[0].pid != before.workers[0].pid
    assert after.workers[0].restarts == 1


async def test_a_worker_that_no_longer_answers_is_killed_and_started_again(stage: Stage) -> None:
    await stage.master.assign(north=1, south=1)
    before = await stage.master.reported(ready("north", "south"))
    os.kill(pids(before)["north"], signal.SIGSTOP)
    failed = await stage.master.reported(is_in(FAILED))
    assert {w.id: w.trouble for w in failed.workers} == {
        "north": "killed: no answer to health checks for 2.5 s",
        "south": "",
    }
    assert not psutil.pid_exists(pids(before)["north"])
    after = await stage.master.reported(ready("north", "south"))
    assert {w.id: w.restarts for w in after.workers} == {"north": 1, "south": 0}


async def test_a_worker_of_another_revision_is_replaced_and_the_others_stay(stage: Stage) -> None:
    await stage.master.assign(north=1, south=1)
    before = await stage.master.reported(ready("north", "south"))
    await stage.master.assign(north=2, south=1)
    after = await stage.master.reported(
        lambda node: ready("north", "south")(node) and pids(node)["north"] != pids(before)["north"]
    )
    assert pids(after)["south"] == pids(before)["south"]
    north = psutil.Process(pids(after)["north"])
    assert north.environ()["FRAMEMESH_WORKER_REVISION"] == "2"
    assert not psutil.pid_exists(pids(before)["north"])


async def test_an_empty_assignment_stops_all_workers(stage: Stage) -> None:
    await stage.master.assign(north=1, south=1)
    before = await stage.master.reported(ready("north", "south"))
    await stage.master.assign()
    await stage.master.reported(lambda node: not node.workers)
    assert not any(psutil.pid_exists(pid) for pid in pids(before).values())


async def test_the_folder_of_a_worker_is_removed_with_its_assignment(stage: Stage) -> None:
    left = stage.settings.data / "workers" / "of-an-earlier-agent"
    left.mkdir(parents=True)
    await stage.master.assign(north=1, south=1)
    node = await stage.master.reported(ready("north", "south"))
    assert not left.exists()
    folder = psutil.Process(pids(node)["north"]).environ()["FRAMEMESH_WORKER_DATA"]
    assert folder == str(stage.settings.data / "workers" / "north")
    (left.parent / "north").mkdir()
    (left.parent / "south").mkdir()
    await stage.master.assign(south=1)
    await stage.master.reported(lambda node: len(node.workers) == 1)
    await eventually(gone(left.parent / "north"))
    assert (left.parent / "south").exists()


async def test_a_worker_that_cannot_start_says_why(stage: Stage) -> None:
    (stage.settings.data / "workers").mkdir()
    behaviour = stage.settings.data / "workers" / "north.behaviour"
    behaviour.write_text("broken")
    await stage.master.assign(north=1)
    failed = await stage.master.reported(is_in(FAILED))
    assert failed.workers[0].trouble == "the model has no output"
    behaviour.write_text("ready")
    assert (await stage.master.reported(ready("north"))).workers[0].restarts >= 1


async def test_a_worker_whose_model_cannot_be_served_says_so_and_waits(stage: Stage) -> None:
    (stage.settings.data / "workers").mkdir()
    (stage.settings.data / "workers" / "north.behaviour").write_text("unservable")
    await stage.master.assign(north=1)
    failed = await stage.master.reported(is_in(FAILED))
    assert failed.workers[0].trouble == "Triton cannot load the model"
    # What is broken in the usual way is started three more times until then.
    await asyncio.sleep(0.5)
    assert (stage.master.node.workers[0].state, stage.master.node.workers[0].restarts) == (
        FAILED,
        0,
    )
    # Another revision does not wait for it.
    (stage.settings.data / "workers" / "north.behaviour").write_text("ready")
    await stage.master.assign(north=2)
    await stage.master.reported(ready("north"))


async def test_a_worker_that_does_not_serve_is_not_ready(stage: Stage) -> None:
    (stage.settings.data / "workers").mkdir()
    (stage.settings.data / "workers" / "north.behaviour").write_text("silent")
    await stage.master.assign(north=1, south=1)
    node = await stage.master.reported(ready("south"))
    assert {w.id: w.state for w in node.workers}["north"] == STARTING


async def test_a_master_that_comes_back_finds_the_same_workers(stage: Stage) -> None:
    await stage.master.assign(north=1)
    before = await stage.master.reported(ready("north"))
    await stage.master_goes()
    stage.master.node = node_pb2.Node()
    assert psutil.pid_exists(before.workers[0].pid)
    await stage.master_comes()
    after = await stage.master.reported(ready("north"))
    assert after.workers[0] == before.workers[0]


async def test_the_agent_serves_while_it_is_connected_to_the_master(stage: Stage) -> None:
    async def refuses() -> bool:
        return not await grpc_serving(stage.settings.listen)

    await eventually(lambda: grpc_serving(stage.settings.listen))
    await stage.master_goes()
    await eventually(refuses)


async def test_an_assignment_with_a_bad_id_is_refused_and_the_last_one_stays(stage: Stage) -> None:
    await stage.master.assign(north=1)
    before = await stage.master.reported(ready("north"))
    await stage.master.assign(**{"../../etc": 1})
    await stage.master.assign(north=1, south=1)
    after = await stage.master.reported(ready("north", "south"))
    assert pids(after)["north"] == pids(before)["north"]


async def test_a_port_that_is_taken_is_skipped(stage: Stage) -> None:
    with stage.listener(stage.settings.first_port):
        await stage.master.assign(north=1)
        node = await stage.master.reported(ready("north"))
    assert node.workers[0].address.endswith(f":{stage.settings.first_port + 1}")


async def test_an_agent_that_is_told_to_stop_takes_its_workers_along(stage: Stage) -> None:
    await stage.master.assign(north=1, south=1, west=1)
    await stage.master.reported(ready("north", "south", "west"))
    stage.stop.set()
    # The fixture waits for the agent and fails if a process is left.
    assert not (await stage.master.reported(lambda node: not node.workers)).workers
