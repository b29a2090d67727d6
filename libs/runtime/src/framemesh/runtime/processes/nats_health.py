"""Why a nats-server that runs stores nothing."""

import asyncio
import http.client
import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from framemesh.runtime.processes.supervision import HealthProblem

ANSWER_TIMEOUT_SECONDS = 1.0

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Without the proxy of the environment: the server is on this machine."""

ROOM_BYTES = 16 * 1024 * 1024
"""Free on its disk before it is worth a new start: two of the largest messages."""


async def store_problem(address: str, store: Path) -> HealthProblem | None:
    """Why the server whose HTTP port is at `address` (host:port) stores nothing; None if it does.

    A stream that could not be written to once refuses everything, without an error, until the
    server is restarted; the server's own health check knows. While the disk is full, a restart does
    not help.
    """
    fault = await asyncio.to_thread(_reported, address)
    if not fault:
        return None
    room = await asyncio.to_thread(_room, store)
    if room >= ROOM_BYTES:
        return HealthProblem(f"{fault} (there is room again)", curable=True)
    megabytes = room / 1e6
    return HealthProblem(
        f"the disk of {store} is full ({megabytes:.1f} MB free): nothing is lost, frames wait until"
        " there is room again",
        curable=False,
    )


def _reported(address: str) -> str:
    try:
        with _OPENER.open(f"http://{address}/healthz", timeout=ANSWER_TIMEOUT_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        with error:
            return _fault(error)
    except (OSError, ValueError, http.client.HTTPException):
        # Whether it answers at all is checked by `jetstream_health`.
        return ""


def _fault(answer: urllib.error.HTTPError) -> str:
    try:
        reported = str(json.loads(answer.read())["error"])
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
        # It ends while it answers, or something in front of it answers.
        return ""
    # It also reports what passes by itself: that it starts, or waits for other servers.
    return reported if "write error" in reported else ""


def _room(store: Path) -> int:
    found = os.statvfs(store)
    return found.f_bavail * found.f_frsize
