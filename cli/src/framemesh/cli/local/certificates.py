"""The certificates of a mesh on this machine, which `framemesh up --tls` makes."""

import time
from datetime import UTC, datetime
from pathlib import Path

from framemesh.cli.certificates.authority import issue, new_authority
from framemesh.cli.certificates.described import described
from framemesh.cli.certificates.folder import AUTHORITY, CertificateFolder
from framemesh.runtime.connect_options import CertificatesUnusable
from framemesh.tls.files import TlsFiles
from framemesh.tls.validity import Unreadable, validity

FOLDER = "tls"
SERVICES, CLIENT = "mesh", "client"

RENEW_SECONDS = 60 * 86_400
"""Before its end a certificate is replaced at the next start."""


def mesh_certificates(data: Path) -> CertificateFolder:
    """The folder with those of the mesh of this data folder, made where they are missing or end
    soon.

    Raises:
        FolderUnusable: they cannot be read or written.
    """
    folder = CertificateFolder(data / FOLDER)
    now = datetime.now(UTC)
    if not folder.authority_file.exists():
        folder.save(AUTHORITY, new_authority(f"framemesh in {data.name or data}"[:64], now))
    for name in (SERVICES, CLIENT):
        if _ends_soon(folder.certificate(name)):
            pair = issue(folder.authority(), name, now, client=name == CLIENT)
            folder.save(name, pair, replace=True)
    return folder


def environment(folder: CertificateFolder, name: str) -> dict[str, str]:
    """The variables for a process with one of its certificates."""
    return {
        "FRAMEMESH_TLS_CA": str(folder.authority_file),
        "FRAMEMESH_TLS_CERT": str(folder.certificate(name)),
        "FRAMEMESH_TLS_KEY": str(folder.key(name)),
    }


def check_for_servers(tls: TlsFiles) -> None:
    """
    Raises:
        CertificatesUnusable: the certificate is one of clients: nobody would trust these servers.
    """
    found, *_ = described(Path(str(tls.certificate)), tls.read().certificate or b"")
    if "server" not in found.uses:
        raise CertificatesUnusable(
            f"the certificate {tls.certificate} (FRAMEMESH_TLS_CERT) is one of clients, and "
            "services need one of a server: `framemesh up --tls` has its own, and "
            "`framemesh certs issue NAME` makes one"
        )


def _ends_soon(file: Path) -> bool:
    """Or is missing, or no certificate."""
    try:
        return validity(file.read_bytes()).end < time.time() + RENEW_SECONDS
    except (OSError, Unreadable):
        return True
