"""How a camera's connection to ingest is made: the only place of the SDK that opens a channel."""

import ipaddress
import logging

import grpc
import grpc.aio

from framemesh.tls.files import TlsFiles
from framemesh.tls.grpc_credentials import channel_credentials
from framemesh.tls.grpc_credentials import channel_options as tls_options
from framemesh.tls.handshake import may_be_tls, tls_fault
from framemesh.tls.watched import WatchedFiles

log = logging.getLogger(__name__)

CHANNEL_OPTIONS: list[tuple[str, int | str]] = [
    # How large a frame may be is for ingest to say, with a reason.
    ("grpc.max_send_message_length", -1),
    # A dead peer is noticed within 15 seconds, also while the camera has nothing to send.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    # The window that grows with the bandwidth lets megabytes run ahead of a reader that stalls.
    ("grpc.http2.bdp_probe", 0),
    # A picture goes in one piece, if ingest takes one that large.
    ("grpc.http2.max_frame_size", 1024 * 1024),
    # Each camera has a connection of its own, so that a balancer can spread the cameras.
    ("grpc.use_local_subchannel_pool", 1),
    # The camera has a backoff of its own; this one must not be slower.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]

NO_PROXY = ("grpc.enable_http_proxy", 0)

CLOSE_SECONDS = 2.0
"""How long ingest has to end a stream by itself, once every frame has its answer."""


RENEW_SECONDS = 5.0
"""A camera that has nothing to send looks so often whether its certificate is another one."""


class Channels:
    """The channels of one camera, one after another, each with the newest certificates."""

    def __init__(self, tls: TlsFiles | None) -> None:
        """
        Raises:
            CertificateFault: the files cannot be used.
        """
        self._tls = tls
        self._watched = None if tls is None else WatchedFiles(tls, _warn)
        self._opened = 0
        """The number of the certificates of the last channel."""

    @property
    def encrypted(self) -> bool:
        return self._watched is not None

    def open(self, address: str) -> grpc.Channel:
        """For threads."""
        credentials = self._credentials()
        if credentials is None:
            return grpc.insecure_channel(address, self._options(address))
        return grpc.secure_channel(address, credentials, self._options(address))

    def open_aio(self, address: str) -> grpc.aio.Channel:
        """For asyncio."""
        credentials = self._credentials()
        if credentials is None:
            return grpc.aio.insecure_channel(address, self._options(address))
        return grpc.aio.secure_channel(address, credentials, self._options(address))

    def outdated(self) -> bool:
        """Whether there are newer certificates than those of the last channel."""
        return self._watched is not None and self._watched.current()[0] != self._opened

    @staticmethod
    def suspects(code: grpc.StatusCode, details: str) -> bool:
        """Whether a stream may have ended so for certificates."""
        return code is grpc.StatusCode.UNAVAILABLE and may_be_tls(details)

    def fault(self, address: str) -> str:
        """What is wrong with certificates between us and ingest; empty: nothing. Blocks, for up to
        2 s."""
        return tls_fault(address, self._tls)

    def _credentials(self) -> grpc.ChannelCredentials | None:
        if self._watched is None:
            return None
        self._opened, material = self._watched.current()
        return channel_credentials(material)

    def _options(self, address: str) -> list[tuple[str, int | str]]:
        named = [] if self._tls is None else tls_options(self._tls)
        return [*_options(address), *named]


def _warn(fault: str) -> None:
    log.warning("certificates are not renewed: %s", fault)


def _options(address: str) -> list[tuple[str, int | str]]:
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
