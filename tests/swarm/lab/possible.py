"""Whether the test swarm can run on this machine."""

import shutil

from tests.swarm.lab.commands import CommandFailed, run
from tests.swarm.lab.images import DEBIAN

ANSWER_SECONDS = 20.0


async def obstacle() -> str:
    """What stands in the way, in one line; empty: nothing does."""
    try:
        kind = await run("docker", "info", "--format", "{{.OSType}}", seconds=ANSWER_SECONDS)
    except FileNotFoundError:
        return "no docker is installed: `tests/swarm/with_docker.sh` does it for root"
    except CommandFailed as error:
        return f"docker does not answer ({str(error).splitlines()[0][:120]})"
    if kind.strip() != "linux":
        return f"docker runs {kind.strip()} containers"
    if shutil.which("mmdebstrap") is None and not await run("docker", "images", "--quiet", DEBIAN):
        return "no mmdebstrap is installed, which makes the image of the nodes"
    return ""
