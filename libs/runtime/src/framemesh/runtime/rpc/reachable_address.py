"""What others call a server that listens on every address of its host."""

import ipaddress
import socket


def reachable_address(listen: str) -> str:
    """`listen` as HOST:PORT, with the name of this host where it stands for all addresses.

    `0.0.0.0:7402` and `[::]:7402` say nothing to somebody on another machine.
    """
    host, _, port = listen.rpartition(":")
    try:
        everywhere = ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        everywhere = not host
    return f"{socket.gethostname()}:{port}" if everywhere else listen
