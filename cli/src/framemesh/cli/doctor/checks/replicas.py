"""Whether each stream has the replicas that it should have, and a leader."""

from collections.abc import Iterator, Sequence

from framemesh.cli.doctor.checks.broker_connection import connected
from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.runtime.jetstream.api.errors import StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.servers import servers
from framemesh.runtime.jetstream.api.streams import StreamInfo

MAX_STREAMS = 200
"""That are looked at: a mesh of a hundred pipelines has some hundreds, of a kind."""

CLUSTER = 3
"""Servers from which on one may be lost."""


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    """
    Raises:
        NobodyListens, BrokerUnavailable: it does not answer.
    """
    if not surroundings.nats:
        return []
    async with connected(surroundings.nats) as broker:
        streams = JetStream(broker).streams
        found = []
        for name in sorted(await streams.names())[:MAX_STREAMS]:
            try:
                found.append(await streams.info(name))
            except StreamNotFound:  # it was deleted meanwhile
                continue
        count = sum(server.jetstream for server in await servers(broker))
    return list(judged(found, count)) or [_all_well(found, count)]


def judged(streams: Sequence[StreamInfo], servers: int) -> Iterator[Finding]:
    """What is wrong with them."""
    lone, leaderless, behind = [], [], []
    for stream in streams:
        replicas = stream.config.replicas
        if replicas == 1:
            lone.append(stream.config.name)
        elif not stream.leader:
            leaderless.append(stream.config.name)
        elif stream.current_followers < replicas - 1:
            behind.append(stream.config.name)
    if leaderless:
        yield problem(
            f"streams without a leader: {_names(leaderless)}",
            "start the nats-servers that are away: more than half of them must run",
        )
    if behind:
        yield warning(
            f"streams that lack a replica for now: {_names(behind)}",
            "if it stays so, a nats-server is away: start it",
        )
    if lone and servers >= CLUSTER:
        yield warning(
            f"streams with one replica in a cluster of {servers}: {_names(lone)}",
            "set buffer.replicas to 3: the loss of one server would lose their frames",
        )


def _all_well(streams: Sequence[StreamInfo], servers: int) -> Finding:
    if servers < CLUSTER:
        return note("one server: streams have one replica, as on one machine is usual")
    return good(f"{len(streams)} streams on {servers} servers have all their replicas")


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
