"""Credentials of gRPC from files of certificates."""

import grpc

from framemesh.tls.files import Material, TlsFiles
from framemesh.tls.watched import WatchedFiles


def channel_credentials(material: Material) -> grpc.ChannelCredentials:
    """Of a channel; gRPC keeps them as they are for as long as the channel lives."""
    return grpc.ssl_channel_credentials(material.ca, material.key, material.certificate)


def channel_options(files: TlsFiles) -> list[tuple[str, str]]:
    """What a channel with those credentials is made with, beside them."""
    return [("grpc.ssl_target_name_override", files.name)] if files.name else []


def server_credentials(watched: WatchedFiles, *, verify_clients: bool) -> grpc.ServerCredentials:
    """Of a server, which shows each new connection the newest certificate.

    Args:
        verify_clients: whether a client must show a certificate of an authority that is trusted.
    """
    served, material = watched.current()

    def changed() -> grpc.ServerCertificateConfiguration | None:
        # Called by gRPC before each handshake.
        nonlocal served
        version, material = watched.current()
        if version == served:
            return None
        served = version
        return _configuration(material, verify_clients)

    return grpc.dynamic_ssl_server_credentials(
        _configuration(material, verify_clients),
        changed,  # type: ignore[arg-type]  # None: no change
        verify_clients,
    )


def _configuration(material: Material, verify_clients: bool) -> grpc.ServerCertificateConfiguration:
    if material.key is None or material.certificate is None:
        raise ValueError("a server has a certificate")
    return grpc.ssl_server_certificate_configuration(
        [(material.key, material.certificate)],
        root_certificates=material.ca if verify_clients else None,
    )
