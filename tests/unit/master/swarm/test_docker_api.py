"""What becomes of a Docker that does not answer, or answers with an error."""

import asyncio
import base64
import gc
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.master.fleet.port import WorkerGroup
from framemesh.master.fleet.swarm.docker_api import DockerApi
from framemesh.master.fleet.swarm.errors import (
    NoSwarmManager,
    ServiceChanged,
    ServiceRefused,
    SwarmUnavailable,
)
from framemesh.master.fleet.swarm.service_spec import FileIds, service_spec
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from framemesh.master.packaging.login import Login

NOBODY = 65534

MAX_CONNECTIONS = 16
"""Of one test, each of which is waited for."""

VERSION = '{"ApiVersion": "1.41"}'

OUT_OF_SEQUENCE = "rpc error: code = Unknown desc = update out of sequence"
NO_MANAGER = "This node is not a swarm manager. Use docker swarm init to connect this node to swarm"
NO_LEADER = "rpc error: code = Unknown desc = The swarm does not have a leader."
BAD_CONSTRAINT = "rpc error: code = InvalidArgument desc = value 'ä' is invalid"


@asynccontextmanager
async def docker_that_answers(
    socket: Path, status: int | None, message: str = ""
) -> AsyncIterator[list[bytes]]:
    """Every call but that for the version; None: with silence. Yields the heads of the calls."""
    heads: list[bytes] = []

    connections = asyncio.Semaphore(MAX_CONNECTIONS)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await connections.acquire()
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heads.append(head)
                length = 0
                for line in head.decode().lower().splitlines():
                    if line.startswith("content-length:"):
                        length = int(line.partition(":")[2])
                await reader.readexactly(length)
                body, code = f'{{"message": "{message}"}}', status
                if b"/version" in head:
                    body, code = VERSION, 200
                if code is None:
                    await reader.read()
                    return
                answer = f"HTTP/1.1 {code} x\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}"
                writer.write(answer.encode())
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()
            connections.release()

    server = await asyncio.start_unix_server(serve, socket)
    try:
        yield heads
    finally:
        server.close()
        for _ in range(MAX_CONNECTIONS):
            await connections.acquire()


async def asked(socket: Path) -> tuple[type[FramemeshError], str]:
    """The kind and the line of the error of a call."""
    docker = DockerApi(f"unix://{socket}", timeout_seconds=5)
    try:
        await docker.nodes()
    except FramemeshError as error:
        return type(error), str(error)
    finally:
        docker.close()
    raise AssertionError("it was answered")


async def test_a_call_that_hangs_ends_after_its_timeout_and_so_do_those_behind_it(
    tmp_path: Path,
) -> None:
    async with docker_that_answers(tmp_path / "d.sock", None):
        docker = DockerApi(f"unix://{tmp_path}/d.sock", timeout_seconds=0.3)
        began = time.monotonic()
        calls = [docker.nodes() for _ in range(5)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert time.monotonic() - began < 2
        assert all(isinstance(each, SwarmUnavailable) for each in results)
        assert "elect" in str(results[-1])
        docker.close()


@pytest.mark.parametrize(
    ("status", "message", "kind", "said"),
    [
        (503, NO_MANAGER, NoSwarmManager, "docker swarm init"),
        (500, OUT_OF_SEQUENCE, ServiceChanged, "looking again"),
        (500, NO_LEADER, SwarmUnavailable, "does not have a leader"),
        (400, BAD_CONSTRAINT, ServiceRefused, "is invalid"),
    ],
)
async def test_what_docker_refuses_is_one_line(
    tmp_path: Path, status: int, message: str, kind: type[FramemeshError], said: str
) -> None:
    async with docker_that_answers(tmp_path / "d.sock", status, message):
        found, line = await asked(tmp_path / "d.sock")
    assert found is kind
    assert said in line
    assert "\n" not in line


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_socket_on_which_nobody_listens_is_named(tmp_path: Path) -> None:
    _, line = await asked(tmp_path / "none.sock")
    assert line.startswith(f"no Docker listens at unix://{tmp_path}/none.sock")
    await asyncio.sleep(0)
    gc.collect()  # the SDK leaves a socket that was refused to it


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
async def test_a_socket_without_permission_says_what_to_do() -> None:
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "d.sock"
        async with docker_that_answers(socket, 200):
            for path, mode in ((Path(folder), 0o711), (socket, 0o600)):
                path.chmod(mode)
            os.seteuid(NOBODY)
            try:
                _, line = await asked(socket)
            finally:
                os.seteuid(0)
    assert line.startswith("no permission for the socket of Docker")
    assert "member of the group" in line
    await asyncio.sleep(0)
    gc.collect()


async def test_a_service_carries_the_login_with_which_its_image_is_pulled(tmp_path: Path) -> None:
    group, template = WorkerGroup("street", 1, 1), WorkerTemplate("framemesh")
    image = "registry:5000/worker@sha256:" + 64 * "0"
    spec = service_spec(group, image, template, avoided=(), epoch=0, ids=FileIds())
    login = {"registry:5000": Login("street", "open sesame")}
    async with docker_that_answers(tmp_path / "d.sock", 201) as heads:
        with closing(DockerApi(f"unix://{tmp_path}/d.sock", logins=login)) as docker:
            await docker.create_service(spec)
    (created,) = (each for each in heads if b"/services/create" in each)
    headers = dict(line.split(": ", 1) for line in created.decode().split("\r\n")[1:] if line)
    told = json.loads(base64.urlsafe_b64decode(headers["X-Registry-Auth"]))
    assert (told["username"], told["password"]) == ("street", "open sesame")
