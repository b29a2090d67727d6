"""Commands that list, in a pipe: one line a row, and documents."""

import json
from typing import Any

import pytest

from framemesh.api.master.v1 import node_pb2, pipeline_pb2

LONG = "ip-10-0-0-17.eu-central-1.compute.internal" * 3


@pytest.fixture(autouse=True)
def known(services: Any) -> None:
    """A node and a pipeline whose names and stages fill no line of a terminal."""
    node = node_pb2.Node(name=LONG, cpus=8, labels={"zone": "hall-" + "x" * 90})
    services.nodes = [node_pb2.NodeStatus(node=node, state=node_pb2.NODE_STATE_READY)]
    stage = pipeline_pb2.Stage(name="people", model="person", model_version=3)
    spec = pipeline_pb2.PipelineSpec(name="street", stages=[stage] * 12)
    services.pipelines["street"] = spec


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("node list", 2),
        ("resources", 2),
        ("model list", 2),
        ("pipeline list", 2),
        ("pipeline history street", 3),
    ],
)
def test_each_row_is_one_line(run: Any, command: str, lines: int) -> None:
    said = run(*command.split()).stdout.splitlines()
    assert len(said) == lines
    assert not any("…" in line or line.endswith(" ") for line in said)


def test_nodes_and_models_are_documents_too(run: Any) -> None:
    (node,) = json.loads(run("node", "list", "--json").stdout)["nodes"]
    assert (node["node"]["name"], node["state"]) == (LONG, "ready")
    assert json.loads(run("node", "show", LONG, "--json").stdout) == node
    (model,) = json.loads(run("model", "list", "--json").stdout)["models"]
    assert (model["name"], model["version"], model["decoder"]) == ("person", 4, "centernet")
    shown = json.loads(run("model", "show", "person", "--json").stdout)
    assert shown["model"]["version"] == 4
    assert shown["manifest"]["labels"] == ["person"]
    assert shown["users"] == []


def test_a_node_that_is_not_there_is_an_error_also_as_json(run: Any) -> None:
    result = run("node", "show", "east", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: no node is named 'east': `framemesh node list` shows them\n"
