"""Certificates for tests: an authority of the test's own, and files of what it issued."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from framemesh.cli.certificates.authority import issue, new_authority
from framemesh.cli.certificates.folder import AUTHORITY, CertificateFolder
from framemesh.tls.files import TlsFiles

HOUR = 1 / 24
"""In days."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """A folder with an authority."""

    folder: CertificateFolder

    @classmethod
    def create(cls, path: Path) -> "Certificates":
        folder = CertificateFolder(path)
        folder.save(AUTHORITY, new_authority(path.name, datetime.now(UTC)))
        return cls(folder)

    @property
    def ca(self) -> Path:
        return self.folder.authority_file

    def server(
        self, name: str = "server", *, hosts: Sequence[str] = (), age: float = 0, days: float = 1
    ) -> TlsFiles:
        """Files of a server; a second call replaces them.

        Args:
            age: days since it was issued.
        """
        return self._issue(name, hosts=hosts, age=age, days=days)

    def client(self, name: str = "client", *, age: float = 0, days: float = 1) -> TlsFiles:
        return self._issue(name, client=True, age=age, days=days)

    def _issue(
        self,
        name: str,
        *,
        age: float,
        days: float,
        hosts: Sequence[str] = (),
        client: bool = False,
    ) -> TlsFiles:
        at = datetime.now(UTC) - timedelta(days=age)
        pair = issue(self.folder.authority(), name, at, hosts=hosts, client=client, days=days)
        self.folder.save(name, pair, replace=True)
        return TlsFiles(self.ca, self.folder.certificate(name), self.folder.key(name))
