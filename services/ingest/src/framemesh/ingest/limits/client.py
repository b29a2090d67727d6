"""Who is at the other end of a stream."""


def client_of(peer: str) -> str:
    """The address of a client, without its port, from what gRPC calls its peer.

    `ipv4:10.0.0.7:5123`, `ipv6:%5Bfe80::1%5D:5123`, `unix:`.
    """
    kind, _, address = peer.partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return peer
    host = address.rpartition(":")[0]
    return host.replace("%5B", "").replace("%5D", "").strip("[]")
