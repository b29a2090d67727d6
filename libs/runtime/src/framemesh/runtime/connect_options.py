"""How the processes of a mesh connect to one another: one value for every gRPC and NATS connection.

A process makes it once, from its settings, and app.py hands it to whatever listens or connects.
Only `rpc/channel.py`, `rpc/server.py` and `jetstream/connection/broker.py` make connections and
ports, so that encryption and identity need to be added nowhere else.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """What holds for all connections of a process, and for the port that it listens on.

    None of them goes through the proxy of an environment (http_proxy, https_proxy, grpc_proxy): a
    mesh is on one machine or on one private network, which such a proxy does not reach.
    """

    keepalive_seconds: float | None = 10.0
    """A gRPC peer is pinged so often, also while there are no calls. None: never, for servers that
    are not ours and end a connection with many pings."""
    keepalive_timeout_seconds: float = 5.0
    """A gRPC peer that has not answered a ping by then is gone."""
    reconnect_seconds: float = 0.2
    """Before a server that is away is tried again; gRPC waits longer each time."""
    max_reconnect_seconds: float = 2.0
    """The longest pause of gRPC: its default of two minutes is for strangers, and a service that
    restarts is back in a second."""


DEFAULT = ConnectOptions()
