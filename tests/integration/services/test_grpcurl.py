"""Every call of docs/grpcurl.md, by a real grpcurl against real services."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from framemesh.runtime.processes.ports import free_block
from tests.integration.ingest.conftest import jpeg
from tests.integration.master.conftest import Master, connect, manifest, onnx_file
from tests.integration.services.running import ingest, master, monitor

ROOT = Path(__file__).resolve().parents[3]
GRPCURL = ROOT / ".tools/go/grpcurl"
PAGE = (ROOT / "docs/grpcurl.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

DOCUMENTED = {"ingest": "127.0.0.1:7401", "master": "127.0.0.1:7402", "monitor": "127.0.0.1:7403"}

REFUSED = {
    "GetShadowReport": "NotFound|FailedPrecondition",
    "EndShadow": "NotFound|FailedPrecondition",
    "GetDeadLetter": "NotFound",
    "RevokeToken": "FailedPrecondition",
    "ListRevokedTokens": "FailedPrecondition",
}
"""What the page says of a mesh that has no shadow, no such letter, no tokens."""

FOR_SERVICES = {"Connect", "GetWorker"}
"""Calls of an agent and to a worker: no operator makes them."""

BLOCK_SECONDS = 30.0


@pytest.fixture
async def mesh(nats_url: str, tmp_path: Path) -> AsyncIterator[dict[str, str]]:
    """The addresses of a master, a monitor and an ingest, a model and a node."""
    if not GRPCURL.exists():
        pytest.skip("grpcurl is not built: Go is missing, or `make .tools/go/.built`")
    addresses = {name: f"127.0.0.1:{free_block(1)}" for name in DOCUMENTED}
    async with AsyncExitStack() as stack:
        to = await stack.enter_async_context(master(nats_url, addresses["master"]))
        await stack.enter_async_context(monitor(nats_url, addresses["monitor"]))
        await stack.enter_async_context(ingest(nats_url, addresses["ingest"]))
        await Master(to).register()
        node = await connect(to, "north")
        stack.callback(node.leave)
        (tmp_path / "model.json").write_text(json.dumps(manifest(description='a "new" one')))
        (tmp_path / "model.onnx").write_bytes(onnx_file(padding=3 << 20))
        (tmp_path / "frame.jpg").write_bytes(jpeg(1))
        yield addresses


@pytest.mark.timeout(180)
async def test_every_call_of_the_page_does_what_it_says(
    mesh: dict[str, str], tmp_path: Path
) -> None:
    for block in BLOCKS:
        if "WatchResults" in block:
            await watch(block, mesh, tmp_path)
            continue
        code, said = await run(block, mesh, tmp_path)
        expected = next((REFUSED[call] for call in REFUSED if f"/{call}" in block), "")
        if expected:
            assert re.search(f"Code: ({expected})", said), f"{block}\n{said}"
        else:
            assert code == 0, f"{block}\n{said}"
        if "IngestService/Push" in block:
            assert '"accepted"' in said
            assert "REJECTION_REASON_NOT_AN_IMAGE" in said


def command(block: str, mesh: dict[str, str]) -> str:
    for name, address in DOCUMENTED.items():
        block = block.replace(address, mesh[name])
    return block


async def start(block: str, mesh: dict[str, str], folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-o", "pipefail", "-c", command(block, mesh)),
        cwd=folder,
        env={**os.environ, "PATH": f"{GRPCURL.parent}:{os.environ['PATH']}"},
        stdout=PIPE,
        stderr=STDOUT,
    )


async def run(block: str, mesh: dict[str, str], folder: Path) -> tuple[int, str]:
    """The exit status of a block, and what it prints."""
    process = await start(block, mesh, folder)
    async with asyncio.timeout(BLOCK_SECONDS):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def watch(block: str, mesh: dict[str, str], folder: Path) -> None:
    """Until the outcome of the frame that was rejected comes."""
    process = await start(f"exec {block}", mesh, folder)
    assert process.stdout
    try:
        async with asyncio.timeout(BLOCK_SECONDS):
            while b"FATE_REJECTED" not in await process.stdout.readline():
                assert not process.stdout.at_eof(), "it ended"
    finally:
        process.kill()
        await process.wait()


def test_the_page_has_every_call_of_an_operator() -> None:
    protos = (ROOT / "proto").rglob("*.proto")
    calls = {
        name
        for path in protos
        for name in re.findall(r"^  rpc (\w+)", path.read_text(), re.MULTILINE)
    }
    assert calls - FOR_SERVICES <= set(re.findall(r"Service/(\w+)", "".join(BLOCKS)))
