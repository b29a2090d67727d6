"""Commands of docker and others, with a timeout."""

import asyncio
import os
from collections.abc import Mapping

SECONDS = 60.0
"""For a command that asks or changes something; images take longer."""


class CommandFailed(Exception):
    """A command ended with an error, or did not end."""


async def run(
    *command: str,
    stdin: str = "",
    seconds: float = SECONDS,
    environment: Mapping[str, str] | None = None,
) -> str:
    """The standard output of a command.

    Args:
        environment: variables beside those of this process.

    Raises:
        CommandFailed: with what it said last.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    try:
        async with asyncio.timeout(seconds):
            said, complained = await process.communicate(stdin.encode())
    except TimeoutError as error:
        raise CommandFailed(f"{' '.join(command)}: no end within {seconds:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = complained.decode().strip()[-2000:]
        raise CommandFailed(f"{' '.join(command)}: {last or process.returncode}")
    return said.decode()
