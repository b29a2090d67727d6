"""Whether the test swarm can run on this machine."""

from tests.swarm.lab.commands import CommandFailed, run

ANSWER_SECONDS = 20.0


async def obstacle() -> str:
    """What stands in the way, in one line; empty: nothing does."""
    try:
        kind = await run("docker", "info", "--format", "{{.OSType}}", seconds=ANSWER_SECONDS)
    except FileNotFoundError:
        return "no docker is installed: `tests/swarm/with_docker.sh` does it for root"
    except CommandFailed as error:
        return f"docker does not answer ({str(error).splitlines()[0][:120]})"
    return "" if kind.strip() == "linux" else f"docker runs {kind.strip()} containers"
