"""What a person reads who gives a mesh something that it cannot use: docs/bad-input.md.

Each command is a process of its own, and what there was before is there afterwards, and no more.
"""

import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from onnx import TensorProto, helper, save

from framemesh.core.documents.document import dump
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages.subjects import PIPELINES_BUCKET
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.ports import free_block
from tests.command_line import Ended, framemesh
from tests.e2e.mesh import ROOT, Mesh
from tests.told import assert_refused, eventually_refused, is_told
from tests.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

PERSON = ROOT / "models/person"

Make = Callable[[Path], Path]


def empty_folder(folder: Path) -> Path:
    return folder


def missing_file(folder: Path) -> Path:
    return folder / "none.onnx"


def notes(folder: Path) -> Path:
    path = folder / "notes.onnx"
    path.write_text("the model is in the other folder\n")
    return path


def zeros(folder: Path) -> Path:
    path = folder / "zeros.onnx"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)  # takes no room on the disk
    return path


def odd_tensors(folder: Path) -> Path:
    """Five dimensions: an output that no decoder reads."""
    path = folder / "odd.onnx"
    seen = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 8, 8])
    made = helper.make_tensor_value_info("out", TensorProto.FLOAT, [2, 2, 3, 4, 4])
    shape = helper.make_tensor("shape", TensorProto.INT64, [5], [2, 2, 3, 4, 4])
    node = helper.make_node("Reshape", ["images", "shape"], ["out"])
    graph = helper.make_graph([node], "odd", [seen], [made], [shape])
    opsets = [helper.make_opsetid("", 18)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    return path


def another_person(folder: Path) -> Path:
    """The bundled model under its name, with another description."""
    shutil.copytree(PERSON, folder, dirs_exist_ok=True)
    manifest = (folder / "model.yaml").read_text()
    assert "description: " in manifest
    (folder / "model.yaml").write_text(manifest.replace("description: ", "description: other "))
    return folder


@dataclass(frozen=True, slots=True)
class Stored:
    """What a mesh has: every version, pipeline and stream of it."""

    models: str
    pipelines: list[list[str]]
    """Their names and revisions."""
    streams: frozenset[str]


async def stored(mesh: Mesh) -> Stored:
    master = {"FRAMEMESH_MASTER": mesh.run.master}
    async with broker(mesh.run.nats, "test") as nats:
        streams = await JetStream(nats).streams.names()
    models = await framemesh("model", "list", "--json", **master)
    pipelines = await framemesh("pipeline", "list", **master)
    rows = [line.split()[:2] for line in pipelines.output.splitlines()]
    made = (name for name in streams if not name.startswith("KV_"))
    return Stored(models.output, rows, frozenset(made))


@asynccontextmanager
async def unchanged(mesh: Mesh) -> AsyncIterator[None]:
    before = await stored(mesh)
    yield
    assert await stored(mesh) == before


@pytest.mark.parametrize(
    ("bad_input", "make", "options"),
    [
        ("a folder without an ONNX file", empty_folder, ()),
        ("a file that is not there", missing_file, ()),
        ("a file that is no ONNX", notes, ()),
        ("2 GB of zeros", zeros, ()),
        ("tensors that fit no decoder", odd_tensors, ()),
        ("a version that exists with other bytes", another_person, ("--version", "1")),
    ],
)
async def test_a_model_that_cannot_be_taken_is_refused_in_one_line(
    mesh: Mesh, tmp_path: Path, bad_input: str, make: Make, options: tuple[str, ...]
) -> None:
    path = make(tmp_path)
    async with unchanged(mesh):
        master = {"FRAMEMESH_MASTER": mesh.run.master}
        assert_refused(bad_input, await framemesh("model", "submit", path, *options, **master))


async def test_a_model_that_a_pipeline_has_is_not_deleted(mesh: Mesh) -> None:
    await mesh.submit(PipelineSpec("keeper", (StageSpec("only", "person"),)))
    async with unchanged(mesh):
        command = ("model", "delete", "person", "--version", "1")
        ended = await framemesh(*command, FRAMEMESH_MASTER=mesh.run.master)
        assert_refused("a model that a pipeline has", ended)


async def test_a_request_above_what_the_nodes_have_says_what_is_missing(
    mesh: Mesh, tmp_path: Path
) -> None:
    file = tmp_path / "huge.yaml"
    file.write_text(
        "name: huge\nstages: [{name: people, model: person}]\nworkers: {min: 2, cpus: 999}\n"
    )
    master = {"FRAMEMESH_MASTER": mesh.run.master}
    async with unchanged(mesh):
        planned = await framemesh("resources", file, **master)
        assert planned.status == 1
        line = "a request above what the nodes have, planned"
        assert any(is_told(line, each) for each in planned.output.splitlines())

    async def apply() -> Ended:
        command = ("pipeline", "apply", file, "--wait", "--timeout", "1")
        return await framemesh(*command, **master)

    await eventually_refused("a request above what the nodes have", apply)


async def test_an_entry_of_a_newer_version_is_left_as_it_is(mesh: Mesh, tmp_path: Path) -> None:
    file = tmp_path / "newer.yaml"
    file.write_text("name: newer\nstages: [{name: people, model: person}]\n")
    await mesh.submit(PipelineSpec("newer", (StageSpec("people", "person"),)))
    async with broker(mesh.run.nats, "test") as nats:
        entry = await PipelineStore(nats).get("newer")
        newer = {**dump(entry), "later": 1}
        messages = JetStream(nats).messages
        subject = f"$KV.{PIPELINES_BUCKET}.newer"
        await messages.store(subject, json.dumps(newer).encode())
        try:
            async with unchanged(mesh):
                command = ("pipeline", "apply", file)
                ended = await framemesh(*command, FRAMEMESH_MASTER=mesh.run.master)
                assert_refused("an entry of a newer version of framemesh", ended)
        finally:
            await messages.store(subject, json.dumps(dump(entry)).encode())


async def test_a_node_whose_name_another_machine_has_says_so_and_is_not_let_in(
    mesh: Mesh, tmp_path: Path
) -> None:
    master = {"FRAMEMESH_MASTER": mesh.run.master}
    (node,) = json.loads((await framemesh("node", "list", "--json", **master)).output)["nodes"]
    log = tmp_path / "agent.log"
    agent = await Child.start(
        [sys.executable, "-m", "framemesh.agent"],
        name="agent",
        log=log,
        environment={
            "FRAMEMESH_AGENT_MASTER": mesh.run.master,
            "FRAMEMESH_AGENT_LISTEN": f"127.0.0.1:{free_block(1)}",
            "FRAMEMESH_AGENT_NODE": node["node"]["name"],
            "FRAMEMESH_AGENT_DATA": str(tmp_path),
        },
    )

    def refusal() -> str:
        whole = (line for line in log.read_text().splitlines() if line.endswith("}"))
        refused = (json.loads(line) for line in whole if "refuses" in line)
        return next((each["trouble"] for each in refused), "")

    try:
        assert is_told("the name of a node that another machine has", await eventually(refusal))
        shown = await framemesh("node", "list", "--json", **master)
        (same,) = json.loads(shown.output)["nodes"]
        assert same["node"]["agent_id"] == node["node"]["agent_id"]
    finally:
        await agent.stop(10)
