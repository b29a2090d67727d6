"""What the HTTP servers of a process encrypt with."""

import ssl
from collections.abc import Callable

from framemesh.runtime.connect_options import ConnectOptions, is_loopback
from framemesh.tls.contexts import ServerContexts


def server_contexts(
    options: ConnectOptions, address: str, *, verify_clients: bool | None = None
) -> Callable[[], ssl.SSLContext] | None:
    """For the connections of an HTTP server at host:port; None: they are not encrypted.

    Args:
        verify_clients: whether they must show certificates; None: as the options say.

    Raises:
        CertificatesUnusable: the files of certificates are.
    """
    watched = None if is_loopback(address) else options.watch()
    if watched is None:
        return None
    verify = options.verify_clients if verify_clients is None else verify_clients
    return ServerContexts(watched, verify_clients=verify).current
