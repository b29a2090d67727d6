"""What a nats-server says of its own health."""

import asyncio
import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from framemesh.runtime.processes.supervision import HealthProblem

ANSWER_TIMEOUT_SECONDS = 1.0

ROOM_BYTES = 16 * 1024 * 1024
"""Free on its disk before it is worth a new start: two of the largest messages."""


async def store_problem(address: str, store: Path) -> HealthProblem | None:
    """Why the server whose HTTP port is at `address` stores nothing; None while it does.

    A stream that could not be written to once refuses everything, without a word, until the server
    is started anew; its own health check knows. It is no use while the disk is full.
    """
    fault = await asyncio.to_thread(_fault, address)
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


def _fault(address: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{address}/healthz", timeout=ANSWER_TIMEOUT_SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        with error:
            said = json.loads(error.read() or b"{}").get("error", "")
        # It also says what passes by itself: that it starts, or waits for the others.
        return said if "write error" in said else ""
    except (OSError, ValueError):
        # Whether it answers at all is asked elsewhere.
        return ""


def _room(store: Path) -> int:
    found = os.statvfs(store)
    return found.f_bavail * found.f_frsize
