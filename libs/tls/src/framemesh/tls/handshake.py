"""Why a connection to a gRPC server fails, where certificates are the reason.

gRPC reports a server that refuses our certificate as one that closed its socket, which is what a
server that restarts does, too. So whoever failed to connect tries one handshake here.
"""

import contextlib
import errno
import re
import socket
import ssl
from typing import Any

from framemesh.tls.contexts import client_context
from framemesh.tls.files import CertificateFault, TlsFiles
from framemesh.tls.words import handshake_fault, refused

ANSWER_SECONDS = 2.0
"""For one try: a server that listens answers within milliseconds."""


MAY_BE_TLS = re.compile(
    "handshak|certificate|verification|socket closed|reset by peer|broken pipe", re.IGNORECASE
)


def may_be_tls(details: str) -> bool:
    """Whether a call that gRPC ended with these words may have failed for certificates. What does
    not listen, or does not answer, is not worth the try below."""
    return MAY_BE_TLS.search(details) is not None


def tls_fault(address: str, files: TlsFiles | None, seconds: float = ANSWER_SECONDS) -> str:
    """What is wrong between us and the server, in one line; empty where it is something else.

    Blocks.

    Args:
        address: host:port, or several with commas, or an address of gRPC such as dns:///host:port.
        files: ours; None where we do not encrypt.
        seconds: for each address.
    """
    for each in address.split(","):
        host, port = _host_and_port(each)
        with contextlib.suppress(OSError, ValueError, CertificateFault):
            if fault := _fault(host, int(port), files, seconds):
                return fault
    return ""


def _fault(host: str, port: int, files: TlsFiles | None, seconds: float) -> str:
    shown = f"{host}:{port}"
    with socket.create_connection((host, port), seconds) as connection:
        connection.settimeout(seconds)
        if files is None:
            return _encrypts(shown, connection)
        context = client_context(files)
        context.sslsocket_class = _ClosingSocket
        context.set_alpn_protocols(["h2"])
        try:
            with context.wrap_socket(connection, server_hostname=files.name or host) as encrypted:
                # By TLS 1.3 a server says only now what it thinks of our certificate. One that
                # takes it sends its settings at once.
                closed = not encrypted.recv(1)
        except ssl.SSLError as error:
            return handshake_fault(shown, files, error)
        except ConnectionError:
            closed = True
    return refused(shown, files) if closed else ""


class _ClosingSocket(ssl.SSLSocket):
    """Closes where a server is killed before the handshake: `wrap_socket` of CPython 3.11 asks
    these two before it, and what they raise leaves the socket open."""

    def getpeername(self) -> Any:
        try:
            return super().getpeername()
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # which leads to `recv`
                self.close()
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            return super().recv(buflen, flags)
        except OSError:
            self.close()
            raise


def _encrypts(shown: str, connection: socket.socket) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _ClosingSocket
    # Only whether it speaks TLS is asked; nothing is sent.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        context.wrap_socket(connection).close()
    except ssl.SSLError as error:
        if "ALERT" not in (error.reason or ""):
            return ""
    return (
        f"{shown} encrypts, and we do not: give the certificate of its authority"
        " (FRAMEMESH_TLS_CA; in the SDK `tls`)"
    )


def _host_and_port(address: str) -> tuple[str, str]:
    target = address.strip().rpartition("/")[2]
    for scheme in ("dns:", "ipv4:", "ipv6:"):
        target = target.removeprefix(scheme)
    host, _, port = target.rpartition(":")
    return host.strip("[]"), port
