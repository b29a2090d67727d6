"""Channels to gRPC servers: the one place that makes them.

Each raises CertificatesUnusable where the files of the options are.
"""

import json
from collections.abc import Sequence

import grpc
import grpc.aio

from framemesh.runtime.connect_options import DEFAULT, ConnectOptions
from framemesh.runtime.rpc.renewed_channel import RenewedChannel
from framemesh.runtime.rpc.token_calls import aio_interceptors, sync_channel_with
from framemesh.tls.files import Material
from framemesh.tls.grpc_credentials import channel_credentials
from framemesh.tls.grpc_credentials import channel_options as tls_options

MESSAGE_BYTES = 4 * 1024 * 1024
"""The default of gRPC."""

UNLIMITED = -1

ChannelOptions = list[tuple[str, int | str]]


def channel(
    address: str,
    options: ConnectOptions = DEFAULT,
    *,
    max_message_bytes: int = MESSAGE_BYTES,
    own_connection: bool = False,
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> grpc.aio.Channel:
    """A channel to host:port, for asyncio.

    Args:
        max_message_bytes: of a message in either direction; UNLIMITED is possible.
        own_connection: whether it has a connection of its own. Otherwise the channels of a process
            to one address share one, and the pause after a failure with it.
        interceptors: around each call, the first outermost.
    """
    return _aio_channel(
        address,
        options,
        channel_options(options, max_message_bytes, own_connection=own_connection),
        interceptors,
    )


def leader_channel(
    addresses: str,
    service: str,
    options: ConnectOptions = DEFAULT,
    *,
    max_message_bytes: int = MESSAGE_BYTES,
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> grpc.aio.Channel:
    """A channel to the one of several processes that leads, for asyncio. See `channel`.

    It follows when another leads: gRPC asks each for the health of `service`, its full name, and
    calls those that serve it.

    Args:
        addresses: host:port, or IP addresses with their ports, with commas between them. All
            addresses that a host's name has are used.
    """
    return _aio_channel(
        _target(addresses),
        options,
        _leader_options(service, options, max_message_bytes),
        interceptors,
    )


def sync_leader_channel(
    addresses: str,
    service: str,
    options: ConnectOptions = DEFAULT,
    *,
    max_message_bytes: int = MESSAGE_BYTES,
) -> grpc.Channel:
    """The same, for threads."""
    found = _leader_options(service, options, max_message_bytes)
    return _sync_channel(_target(addresses), options, found)


def _target(addresses: str) -> str:
    """What gRPC calls host:port, or several addresses."""
    if "," not in addresses:
        return addresses
    found = [address.strip() for address in addresses.split(",")]
    return ("ipv6:" if found[0].startswith("[") else "ipv4:") + ",".join(found)


def _leader_options(
    service: str, options: ConnectOptions, max_message_bytes: int
) -> ChannelOptions:
    config = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": service},
    }
    return [
        *channel_options(options, max_message_bytes, own_connection=False),
        ("grpc.service_config", json.dumps(config)),
        # A name gets other addresses when a container is replaced.
        ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    ]


def sync_channel(
    address: str, options: ConnectOptions = DEFAULT, *, max_message_bytes: int = MESSAGE_BYTES
) -> grpc.Channel:
    """A channel to host:port, for threads. See `channel`."""
    found = channel_options(options, max_message_bytes, own_connection=False)
    return _sync_channel(address, options, found)


def _aio_channel(
    target: str,
    options: ConnectOptions,
    found: ChannelOptions,
    interceptors: Sequence[grpc.aio.ClientInterceptor],
) -> grpc.aio.Channel:
    around = [*interceptors, *aio_interceptors(options.token)]
    if (watched := options.watch()) is None:
        return grpc.aio.insecure_channel(target, options=found, interceptors=around)

    def secured(material: Material) -> grpc.aio.Channel:
        return grpc.aio.secure_channel(
            target, channel_credentials(material), options=found, interceptors=around
        )

    return RenewedChannel(watched, secured)


def _sync_channel(target: str, options: ConnectOptions, found: ChannelOptions) -> grpc.Channel:
    """For commands, which end before their certificate does."""
    if (watched := options.watch()) is None:
        made = grpc.insecure_channel(target, found)
    else:
        made = grpc.secure_channel(target, channel_credentials(watched.material), found)
    return sync_channel_with(options.token, made)


def channel_options(
    options: ConnectOptions, max_message_bytes: int, *, own_connection: bool
) -> ChannelOptions:
    """What both kinds of channels are made with."""
    return [
        ("grpc.enable_http_proxy", 0),
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        ("grpc.use_local_subchannel_pool", int(own_connection)),
        ("grpc.initial_reconnect_backoff_ms", round(1000 * options.reconnect_seconds)),
        ("grpc.max_reconnect_backoff_ms", round(1000 * options.max_reconnect_seconds)),
        *_keepalive(options),
        *(tls_options(options.tls) if options.tls else []),
    ]


def _keepalive(options: ConnectOptions) -> ChannelOptions:
    if options.keepalive_seconds is None:
        return []
    return [
        ("grpc.keepalive_time_ms", round(1000 * options.keepalive_seconds)),
        ("grpc.keepalive_timeout_ms", round(1000 * options.keepalive_timeout_seconds)),
        ("grpc.keepalive_permit_without_calls", 1),
    ]
