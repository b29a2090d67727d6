"""Commands of the operating system."""

import asyncio


async def run(*words: str) -> None:
    """Run a command and wait for its end.

    Raises:
        OSError: it failed; the message contains its output.
    """
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        raise OSError(f"{' '.join(words)}: {said.decode().strip()}")
