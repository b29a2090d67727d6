"""A Docker behind a socket that manages a swarm in memory: the API as its SDK calls it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from framemesh.core.errors import FramemeshError
from framemesh.master.fleet.swarm import labels
from framemesh.master.fleet.swarm.errors import ServiceChanged
from tests.memory_swarm import MemorySwarm

VERSION = "1.41"

MAX_CONNECTIONS = 16


@asynccontextmanager
async def docker_socket(swarm: MemorySwarm, path: Path) -> AsyncIterator[str]:
    """Yields the address of the socket, as FRAMEMESH_MASTER_SWARM_SOCKET has it."""
    connections = asyncio.Semaphore(MAX_CONNECTIONS)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with connections:
            try:
                # One call a connection, so that each finds the socket as it is then.
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                writer.write(_written(await _answer(swarm, head, body)))
                await writer.drain()
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            finally:
                writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield f"unix://{path}"
    finally:
        server.close()
        for _ in range(MAX_CONNECTIONS):
            await connections.acquire()


Answer = tuple[HTTPStatus, Any]


async def _answer(swarm: MemorySwarm, head: bytes, body: bytes) -> Answer:
    method, target, _ = head.decode().split("\r\n", 1)[0].split(" ")
    url = urlsplit(target)
    path = re.sub(r"^/v\d+\.\d+", "", url.path)
    document = json.loads(body) if body else {}
    try:
        return await _called(swarm, f"{method} {path}", parse_qs(url.query), document)
    except ServiceChanged as error:
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"message": f"rpc error: {error}"}
    except FramemeshError as error:
        return HTTPStatus.SERVICE_UNAVAILABLE, {"message": str(error)}


async def _called(
    swarm: MemorySwarm, call: str, query: dict[str, list[str]], document: Any
) -> Answer:
    found: Answer = HTTPStatus.OK, {}
    match call.split("/"):
        case ["GET ", "version"]:
            found = HTTPStatus.OK, {"ApiVersion": VERSION}
        case ["GET ", "nodes"]:
            found = HTTPStatus.OK, await swarm.nodes()
        case ["GET ", "tasks"]:
            found = HTTPStatus.OK, await swarm.tasks()
        case ["GET ", "services"]:
            found = HTTPStatus.OK, await swarm.services(labels.PIPELINE)
        case ["GET ", "services", id_]:
            services = await swarm.services(labels.PIPELINE)
            found = HTTPStatus.OK, next(each for each in services if each["ID"] == id_)
        case ["GET ", "secrets" | "configs"]:
            found = HTTPStatus.OK, []
        case ["POST ", "services", "create"]:
            await swarm.create_service(document)
            found = HTTPStatus.CREATED, {"ID": "made"}
        case ["POST ", "services", id_, "update"]:
            await swarm.update_service(id_, int(query["version"][0]), document)
        case ["DELETE ", "services", id_]:
            await swarm.remove_service(id_)
        case _:
            found = HTTPStatus.NOT_FOUND, {"message": f"no {call} here"}
    return found


def _length(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _written(answer: Answer) -> bytes:
    status, document = answer
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status.value} x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
