"""Channels to the other services of the mesh."""

import grpc.aio

from framemesh.runtime.rpc.server import MIB


def channel(address: str, *, max_message_bytes: int = 4 * MIB) -> grpc.aio.Channel:
    """A channel to host:port that finds out within seconds when the other end is gone."""
    return grpc.aio.insecure_channel(
        address,
        options=[
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
            ("grpc.keepalive_time_ms", 10_000),
            ("grpc.keepalive_timeout_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
            # A service that restarts is back in a second: the default waits up to two minutes.
            ("grpc.initial_reconnect_backoff_ms", 200),
            ("grpc.max_reconnect_backoff_ms", 2_000),
        ],
    )
