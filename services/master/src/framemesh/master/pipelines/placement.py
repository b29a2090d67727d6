"""Which nats-servers the streams of a pipeline without replicas can be spread over.

JetStream puts a new stream where most storage is free, by figures that are some seconds old: all
streams of a pipeline, made one after the other, would go to one server.
"""

from framemesh.runtime.jetstream.api.servers import servers
from framemesh.runtime.jetstream.connection.broker import Broker


async def server_tags(broker: Broker) -> list[str]:
    """The tags by which a stream can be put on one server, sorted: each is a server's own name, as
    deploy/nats/nats.conf gives it. None of servers that have no such tag, or are away."""
    found = [each for each in await servers(broker) if each.jetstream]
    return sorted({each.name.lower() for each in found if each.name.lower() in each.tags})
