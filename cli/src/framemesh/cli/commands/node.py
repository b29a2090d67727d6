"""`framemesh node ...`: the machines that run workers."""

import json
from typing import Annotated

import typer

from framemesh.api.master.v1 import node_pb2, node_pb2_grpc
from framemesh.cli.common import addresses
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, connect_master
from framemesh.cli.common.console import print_view
from framemesh.cli.common.failures import ErrorReportingGroup
from framemesh.cli.common.message_json import message_to_json
from framemesh.cli.views.node import details, table
from framemesh.core.errors import Code, FramemeshError

app = typer.Typer(
    cls=ErrorReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    help="List, show and drain the machines that run workers.",
)

Name = Annotated[str, typer.Argument(show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


class NodeUnknown(FramemeshError):
    """No node has this name."""

    code = Code.NOT_FOUND


@app.command("list")
def list_nodes(
    *, as_json: AsJson = False, master: addresses.MasterAddress = addresses.MASTER
) -> None:
    """List the nodes, what they have, and how much of it is used."""
    nodes = listed(master)
    if as_json:
        typer.echo(json.dumps({"nodes": list(map(message_to_json, nodes))}))
    elif nodes:
        print_view(table(nodes))
    else:
        typer.echo("no nodes: start an agent, or `framemesh up`")


@app.command()
def show(
    name: Name, *, as_json: AsJson = False, master: addresses.MasterAddress = addresses.MASTER
) -> None:
    """Show a node, its labels, GPUs and workers."""
    found = next((status for status in listed(master) if status.node.name == name), None)
    if found is None:
        raise NodeUnknown(f"no node is named {name!r}: `framemesh node list` shows them")
    typer.echo(json.dumps(message_to_json(found)) if as_json else "\n".join(details(found)))


@app.command()
def drain(name: Name, master: addresses.MasterAddress = addresses.MASTER) -> None:
    """Move the workers of a node to others, and place none there."""
    with connect_master(master) as channel:
        node_pb2_grpc.NodeServiceStub(channel).DrainNode(
            node_pb2.DrainNodeRequest(name=name), timeout=CHANGE_SECONDS
        )
    typer.echo(f"node {name} is being drained: `framemesh node show {name}` says what it still has")


@app.command()
def uncordon(name: Name, master: addresses.MasterAddress = addresses.MASTER) -> None:
    """Place workers on a node again that was drained."""
    with connect_master(master) as channel:
        node_pb2_grpc.NodeServiceStub(channel).UncordonNode(
            node_pb2.UncordonNodeRequest(name=name), timeout=CHANGE_SECONDS
        )
    typer.echo(f"node {name} takes workers again")


def listed(master: str) -> list[node_pb2.NodeStatus]:
    """All nodes that the master knows.

    Raises:
        CallFailed: it cannot be reached.
    """
    with connect_master(master) as channel:
        answer = node_pb2_grpc.NodeServiceStub(channel).ListNodes(
            node_pb2.ListNodesRequest(), timeout=ANSWER_TIMEOUT_SECONDS
        )
    return list(answer.nodes)
