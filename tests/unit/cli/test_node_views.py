"""What `node` and `resources` print."""

from collections.abc import Sequence

from rich.console import Console

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.cli.views.listing import Listing
from framemesh.cli.views.node import details, free_table, plan_lines, table

GIB = 1024**3

EAST = node_pb2.NodeStatus(
    node=node_pb2.Node(
        name="east",
        cpus=8,
        cpu_used=0.5,
        memory_bytes=16 * GIB,
        memory_used_bytes=4 * GIB,
        disk_bytes=100 * 10**9,
        disk_used_bytes=40 * 10**9,
        gpus=[node_pb2.Gpu(uuid="GPU-1", name="a GPU", memory_bytes=24 * GIB, used=0.25)],
        labels={"zone": "hall", "kind": "[edge]"},
        cost=node_pb2.NodeCost(price_per_hour=0.5, watts=250),
        workers=[
            node_pb2.Worker(id="street-r1-0", state=node_pb2.WORKER_STATE_READY),
            node_pb2.Worker(id="street-r1-1", state=node_pb2.WORKER_STATE_FAILED, trouble="ended"),
        ],
    ),
    state=node_pb2.NODE_STATE_READY,
    reserved=node_pb2.Resources(cpus=1.5, memory_bytes=2 * GIB, gpus=1),
)
WEST = node_pb2.NodeStatus(
    node=node_pb2.Node(name="west", cpus=2, memory_bytes=GIB), state=node_pb2.NODE_STATE_READY
)
GONE = node_pb2.NodeStatus(node=node_pb2.Node(name="gone"), state=node_pb2.NODE_STATE_AWAY)


def printed(view: Listing) -> list[Sequence[str]]:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(view)
    return [line.split() for line in capture.get().splitlines()]


def test_nodes_are_listed_with_what_they_have() -> None:
    _, east, gone = printed(table([EAST, GONE]))
    assert " ".join(east) == ("east ready 2 8 50% 16 GiB 25% 60.0 GB 1 kind=[edge], zone=hall")
    assert gone == ["gone", "away"]


def test_a_node_is_shown_with_its_gpus_cost_and_workers() -> None:
    assert list(details(EAST)) == [
        "node east, ready",
        "  CPUs     8, 6.5 not reserved, 50% used",
        "  memory   16 GiB, 14 GiB not reserved, 4 GiB used",
        "  disk     100.0 GB, 60.0 GB free",
        "  GPU      a GPU, 24 GiB, 0 MiB used, 25% busy (GPU-1)",
        "  labels   kind=[edge], zone=hall",
        "  cost     0.5 an hour, 250 W",
        "  worker   street-r1-0, ready",
        "  worker   street-r1-1, failed: ended",
    ]
    assert list(details(GONE)) == ["node gone, away", "  it has not reported to this master"]


def test_what_is_free_is_summed_over_the_nodes_that_take_workers() -> None:
    _, east, west, gone, total = printed(free_table([EAST, WEST, GONE]))
    assert " ".join(east) == "east 6.5 of 8 14 GiB of 16 GiB 0 of 1"
    assert " ".join(west) == "west 2 of 2 1 GiB of 1 GiB 0 of 0"
    assert gone == ["gone", "(away)"]
    assert " ".join(total) == "all 8.5 of 10 15 GiB of 17 GiB 0 of 1"


def test_a_plan_says_where_workers_go_and_what_is_missing() -> None:
    wanted = pipeline_pb2.PipelineSpec(
        name="street",
        workers=pipeline_pb2.Workers(min=3, cpus=4, gpus=1, node_labels={"zone": "hall"}),
    )
    plan = pipeline_pb2.PlanPipelineResponse(
        workers={"east": 2}, unplaced=1, missing="1 worker has no place", storage_bytes=2 * GIB
    )
    assert list(plan_lines(wanted, plan)) == [
        "pipeline street: 3 workers; each needs 4 CPUs, 1 GPUs, zone=hall",
        "  east: 2",
        "  1 worker has no place",
        "  buffer and ledger: up to 2 GiB of the broker's disk",
    ]


def test_a_plan_has_the_shadow_apart() -> None:
    wanted = pipeline_pb2.PipelineSpec(name="street", workers=pipeline_pb2.Workers(min=1))
    plan = pipeline_pb2.PlanPipelineResponse(
        workers={"east": 1}, shadow_workers={"west": 1}, missing_shadow="1 worker has no place"
    )
    assert list(plan_lines(wanted, plan))[1:4] == [
        "  east: 1",
        "  west: 1 of the shadow",
        "  shadow: 1 worker has no place",
    ]


def test_a_plan_names_what_nodes_cost() -> None:
    wanted = pipeline_pb2.PipelineSpec(name="street", workers=pipeline_pb2.Workers(min=2))
    plan = pipeline_pb2.PlanPipelineResponse(workers={"east": 1, "west": 1})
    nodes = [
        node_pb2.NodeStatus(
            node=node_pb2.Node(name="east", cost=node_pb2.NodeCost(price_per_hour=0.1))
        ),
        node_pb2.NodeStatus(node=node_pb2.Node(name="west")),
    ]
    lines = list(plan_lines(wanted, plan, nodes))
    assert lines[1:3] == ["  east: 1 (the node costs 0.1 an hour)", "  west: 1"]
