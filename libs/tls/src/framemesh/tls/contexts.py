"""Contexts of Python's ssl from files of certificates."""

import contextlib
import ssl

from framemesh.tls.files import CertificateFault, TlsFiles
from framemesh.tls.watched import WatchedFiles


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """For one connection to a server, with what the files have now.

    Raises:
        CertificateFault: the files cannot be used.
    """
    material = files.read()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=material.ca.decode("ascii"))
    if files.certificate is not None:
        context.load_cert_chain(files.certificate, files.key)
    return context


def server_context(files: TlsFiles, *, verify_clients: bool) -> ssl.SSLContext:
    """For the connections of a server from now on, with what the files have now.

    Raises:
        CertificateFault: the files cannot be used.
    """
    if files.certificate is None:
        raise ValueError("a server has a certificate")
    material = files.read()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.certificate, files.key)
    if verify_clients:
        context.load_verify_locations(cadata=material.ca.decode("ascii"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class ServerContexts:
    """The context of a server, made again when the files have changed. For threads."""

    def __init__(self, watched: WatchedFiles, *, verify_clients: bool) -> None:
        """
        Raises:
            CertificateFault: the files cannot be used.
        """
        self._watched = watched
        self._verify_clients = verify_clients
        self._version = watched.current()[0]
        self._context = server_context(watched.files, verify_clients=verify_clients)

    def current(self) -> ssl.SSLContext:
        """For a connection that begins."""
        version = self._watched.current()[0]
        if version != self._version:
            with contextlib.suppress(CertificateFault):
                self._context = server_context(
                    self._watched.files, verify_clients=self._verify_clients
                )
                self._version = version
        return self._context
