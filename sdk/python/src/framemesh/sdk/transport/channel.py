"""How a camera's connection to ingest is made: the only place of the SDK that opens a channel."""

import ipaddress

import grpc
import grpc.aio

CHANNEL_OPTIONS: list[tuple[str, int]] = [
    # How large a frame may be is for ingest to say, with a reason.
    ("grpc.max_send_message_length", -1),
    # A dead peer is noticed within 15 seconds, also while the camera has nothing to send.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    # The window that grows with the bandwidth lets megabytes run ahead of a reader that stalls.
    ("grpc.http2.bdp_probe", 0),
    # Each camera has a connection of its own, so that a balancer can spread the cameras.
    ("grpc.use_local_subchannel_pool", 1),
    # The camera has a backoff of its own; this one must not be slower.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]

NO_PROXY = ("grpc.enable_http_proxy", 0)

CLOSE_SECONDS = 2.0
"""How long ingest has to end a stream by itself, once every frame has its answer."""


def open_channel(address: str) -> grpc.Channel:
    return grpc.insecure_channel(address, _options(address))


def open_aio_channel(address: str) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(address, _options(address))


def _options(address: str) -> list[tuple[str, int]]:
    """No proxy of the environment (http_proxy, https_proxy, grpc_proxy) can reach what listens on
    this machine; for any other address gRPC follows those variables, and no_proxy."""
    return [*CHANNEL_OPTIONS, NO_PROXY] if is_loopback(address) else CHANNEL_OPTIONS


def is_loopback(address: str) -> bool:
    """Whether a gRPC address (host:port, or a URI such as dns:///host:port) is of this machine."""
    host = address.rpartition("/")[2]
    for scheme in ("dns:", "ipv4:", "ipv6:"):
        host = host.removeprefix(scheme)
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
