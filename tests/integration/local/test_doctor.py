"""`framemesh doctor` over a real mesh, and over what is left of one."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import RunState
from framemesh.runtime.processes.programs import ProgramMissing, triton
from tests.command_line import framemesh
from tests.healthy import healthy
from tests.integration.local.conftest import STATUS_SECONDS, Command, marked, taken
from tests.waiting import eventually


@pytest.fixture(autouse=True)
async def without_triton(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """One of its own takes seconds; one test is about it."""
    async with healthy() as address:
        monkeypatch.setenv("FRAMEMESH_WORKER_TRITON", address)
        yield


async def examined(data: Path, *options: str | Path) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exit status, and the findings of each check."""
    ended = await framemesh("doctor", "--json", "--data", data, *options)
    assert ended.error == ""
    findings: dict[str, list[dict[str, Any]]] = {}
    document = json.loads(ended.output)
    for finding in document["findings"]:
        findings.setdefault(finding["check"], []).append(finding)
    assert document["healthy"] is (ended.status == 0)
    return ended.status, findings


async def test_a_mesh_that_runs_is_healthy_and_what_is_left_of_one_is_named(
    data: Path, ports: Ports, up: tuple[str | int | Path, ...]
) -> None:
    status, output = await (await Command.start(*up)).end()
    assert status == 0, output
    try:
        status, found = await examined(data)
        assert status == 0, found
        for check in ("services", "broker", "broker's clock", "leftovers", "ports", "metrics"):
            assert {each["status"] for each in found[check]} == {"good"}, found[check]
        assert "JetStream: " in found["broker"][1]["words"]

        run = RunState.load(data)
        assert run is not None
        psutil.Process(run.pid).kill()
        await eventually(lambda: not marked(data) and not taken(ports), STATUS_SECONDS)
        before = (data / "run.json").read_bytes()
        _, found = await examined(data)
        assert "run.json is of a supervisor that is gone" in found["leftovers"][0]["words"]
        assert "framemesh down" in found["leftovers"][0]["remedy"]
        assert (data / "run.json").read_bytes() == before
    finally:
        await (await Command.start("down", "--data", data)).end()


async def test_a_broker_and_services_that_are_away_are_problems(
    tmp_path: Path, ports: Ports
) -> None:
    nats = f"nats://somebody:S3CR3T@{ports.nats}"
    status, found = await examined(tmp_path, "--nats", nats, "--master", ports.master)
    assert status == 1
    assert found["broker"][0]["words"].startswith(f"nothing answers at nats://{ports.nats}")
    assert f"master does not answer at {ports.master}" in found["services"][1]["words"]
    assert "S3CR3T" not in json.dumps(found)


async def test_of_a_broker_alone_all_is_examined(tmp_path: Path, nats_url: str) -> None:
    _, found = await examined(tmp_path, "--nats", nats_url)
    assert [each["status"] for each in found["broker"]] == ["good", "good"]
    assert found["broker's clock"][0]["status"] == "good"
    assert found["replicas"][0]["status"] == "note"


async def test_a_triton_that_works_answers_a_real_inference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRAMEMESH_WORKER_TRITON")
    try:
        triton()
    except ProgramMissing as error:
        pytest.skip(str(error))
    _, found = await examined(tmp_path)
    assert "answers a real inference" in found["triton"][0]["words"], found["triton"]


async def test_a_triton_that_does_not_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FRAMEMESH_WORKER_TRITON")
    broken = tmp_path / "tritonserver"
    await asyncio.to_thread(
        broken.write_text, "#!/bin/sh\necho libcudart.so is missing; exit 127\n"
    )
    await asyncio.to_thread(broken.chmod, 0o755)
    monkeypatch.setenv("FRAMEMESH_TRITON_SERVER", str(broken))
    status, found = await examined(tmp_path / "data")
    assert status == 1
    assert "libcudart.so is missing" in found["triton"][0]["words"]
    assert not (tmp_path / "data").exists()
