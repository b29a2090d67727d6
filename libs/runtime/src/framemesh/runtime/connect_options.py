"""How the processes of a mesh connect to one another: one value for every gRPC and NATS connection.

A process makes it once, from its settings, and app.py hands it to whatever listens or connects.
Only `rpc/channel.py`, `rpc/server.py` and `jetstream/connection/broker.py` make connections and
ports, so that encryption and identity need to be added nowhere else.
"""

import ipaddress
from dataclasses import dataclass, field

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.identity.token_source import NO_TOKEN, TokenSource
from framemesh.runtime.logs import get_logger
from framemesh.tls.files import CertificateFault, TlsFiles
from framemesh.tls.watched import WatchedFiles

log = get_logger()


class PlaintextRefused(FramemeshError):
    """A port that other machines reach would not be encrypted."""

    code = Code.INVALID


class AnybodyRefused(FramemeshError):
    """A port that other machines reach would be open to everybody."""

    code = Code.INVALID


class CertificatesUnusable(FramemeshError):
    """The files of certificates are missing, or do not fit together."""

    code = Code.INVALID


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
    tls: TlsFiles | None = None
    """With which certificates everything is encrypted; None: nothing is."""
    verify_clients: bool = True
    """Whether who connects to us must show a certificate."""
    plaintext_allowed: bool = False
    """Whether a port that other machines reach may be unencrypted, and open to everybody."""
    token: TokenSource = NO_TOKEN
    """What is shown to gRPC servers."""
    gatekeeper: Gatekeeper | None = field(default=None, compare=False, repr=False)
    """Who may call this process, over gRPC and HTTP, by tokens; None: everybody who may connect."""

    def watch(self) -> WatchedFiles | None:
        """The files of `tls`, read again when they change; None: nothing is encrypted.

        Changed files with a fault are not used, and the log says why.

        Raises:
            CertificatesUnusable: there is a fault in the files.
        """
        if self.tls is None:
            return None
        try:
            return WatchedFiles(self.tls, _warn)
        except CertificateFault as fault:
            raise CertificatesUnusable(str(fault)) from fault

    def check_port(self, address: str) -> None:
        """Make sure that a port may be opened.

        Args:
            address: host:port to listen on.

        Raises:
            PlaintextRefused: other machines reach it, and it would not be encrypted.
            AnybodyRefused: they reach it, and neither a certificate nor a token is asked for.
        """
        if self.plaintext_allowed or is_loopback(address):
            return
        if self.tls is None:
            raise PlaintextRefused(
                f"other machines reach {address}, and nothing is encrypted there: set "
                "FRAMEMESH_TLS_CA, FRAMEMESH_TLS_CERT and FRAMEMESH_TLS_KEY (`framemesh certs` "
                "makes them), or FRAMEMESH_ALLOW_PLAINTEXT=private-network where nobody else is "
                "on the network"
            )
        if not self.verify_clients and self.gatekeeper is None:
            raise AnybodyRefused(
                f"anybody may call {address}: set FRAMEMESH_TOKEN_KEYS (docs/tokens.md), or leave "
                "FRAMEMESH_TLS_CLIENTS out, so that clients show a certificate"
            )


def _warn(fault: str) -> None:
    log.warning("certificates are not renewed", trouble=fault)


def is_loopback(address: str) -> bool:
    """Whether host:port is of this machine alone; a host that is empty is every address."""
    host = address.rpartition(":")[0].strip("[]")
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


DEFAULT = ConnectOptions()
