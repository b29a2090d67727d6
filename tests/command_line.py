"""The command `framemesh` as a person runs it: a process with a standard output and error."""

import asyncio
import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

COMMAND_SECONDS = 60.0
"""For what takes a second or two, on a machine that has much else to do."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a command."""

    status: int
    output: str
    error: str


async def framemesh(*arguments: str | Path, **environment: str) -> Ended:
    """Run it with `environment` added to ours, and wait for its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "framemesh.cli",
        *map(str, arguments),
        env={**os.environ, **environment},
        # Only where a test has become somebody else for a moment: with a user it is forked, and
        # what gRPC does in the child of a process whose threads call it may end that.
        user=os.getuid() if os.geteuid() != os.getuid() else None,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            output, error = await process.communicate()
    except BaseException:
        # Also where nobody waits for it any more.
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    return Ended(process.returncode or 0, output.decode(), error.decode())
