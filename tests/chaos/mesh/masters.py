"""Two masters instead of one, of which one leads."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from framemesh.cli.local.program import Program

FIRST, SECOND = "master", "master-2"
"""Names of their programs, and of their places in the network."""


def two_masters(programs: Sequence[Program], address: str, data: Path) -> Iterator[Program]:
    """The programs of a mesh with a second master that listens on `address`."""
    for program in programs:
        if program.name == FIRST:
            yield program
            listen = {"FRAMEMESH_MASTER_LISTEN": address}
            spool = {"FRAMEMESH_MASTER_SPOOL": str(data / "spool-2")}
            environment = {**program.environment, **listen, **spool}
            yield replace(program, name=SECOND, address=address, environment=environment)
        else:
            yield _client(program, address)


def _client(program: Program, address: str) -> Program:
    """A program that is given both addresses, if it is given that of a master at all."""
    key = "FRAMEMESH_AGENT_MASTER"
    if key not in program.environment:
        return program
    masters = f"{program.environment[key]},{address}"
    return replace(
        program,
        environment={**program.environment, key: masters},
        needs=(*program.needs, SECOND),
    )
