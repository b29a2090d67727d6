"""A cluster of three brokers instead of one; each is restarted when it ends."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from framemesh.cli.local.program import Program
from framemesh.runtime.processes.nats_server import jetstream_health
from tests.integration.cluster.cluster import Cluster

ONE = "nats"
"""The name of the program of a mesh with one broker."""


def clustered(programs: Sequence[Program], cluster: Cluster) -> Iterator[Program]:
    """The programs of a mesh with the servers of `cluster`, none of them started yet."""
    for member in cluster.members.values():
        yield Program(
            member.name,
            member.server.address,
            member.command(),
            member.environment(),
            jetstream_health,
        )
    for program in programs:
        if program.name != ONE:
            yield _client(program, cluster)


def _client(program: Program, cluster: Cluster) -> Program:
    needs = {*program.needs, *cluster.members} - {ONE}
    return replace(
        program,
        environment={**program.environment, "FRAMEMESH_NATS": cluster.url},
        needs=tuple(needs),
    )
