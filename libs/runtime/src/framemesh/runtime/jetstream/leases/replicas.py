"""How many copies a bucket of leases gets."""

from framemesh.runtime.jetstream.api.servers import servers
from framemesh.runtime.jetstream.connection.broker import Broker

REPLICAS = 3
"""Where the cluster has as many servers: the death of one must cost no lease."""


async def lease_replicas(broker: Broker) -> int:
    """REPLICAS, or 1.

    Raises:
        BrokerUnavailable: no answer in time.
    """
    return REPLICAS if len(await servers(broker)) >= REPLICAS else 1
