"""The files with which a process shows who it is, and tells who the others are."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from framemesh.tls.validity import Unreadable, validity

READ_ATTEMPTS = 3
"""Files that are replaced one after the other may be read in between."""

MAX_FILE_BYTES = 1024 * 1024
"""Of one file. A bundle of all authorities of the web has 250 KB."""


class CertificateFault(Exception):
    """Files of certificates cannot be used; one line says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Material:
    """What was in the files, as PEM."""

    ca: bytes
    certificate: bytes | None = None
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths of PEM files, and the name that a server must have."""

    ca: Path | str
    """The certificates of the authorities that are trusted, one after the other."""
    certificate: Path | str | None = None
    """Ours, and those between it and its authority; None: we show none."""
    key: Path | str | None = None
    """Of our certificate."""
    name: str = ""
    """What the certificate of a server must be for; empty: for the host that is connected to."""

    @property
    def paths(self) -> tuple[Path, ...]:
        found = (self.ca, self.certificate, self.key)
        return tuple(Path(path) for path in found if path is not None)

    def read(self) -> Material:
        """What is in the files, which fit together.

        Raises:
            CertificateFault: one is missing, is no PEM, or is for another key.
        """
        found = self._read()
        for _ in range(READ_ATTEMPTS):
            self._check(found)
            if (again := self._read()) == found:
                break
            found = again
        return found

    def _read(self) -> Material:
        return Material(
            _bytes(self.ca),
            None if self.certificate is None else _bytes(self.certificate),
            None if self.key is None else _bytes(self.key),
        )

    def _check(self, found: Material) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cadata=found.ca.decode("ascii"))
        except (ssl.SSLError, ValueError) as error:
            raise CertificateFault(f"{self.ca} has no certificate in PEM format") from error
        if self.certificate is None or found.certificate is None:
            return
        if self.key is None:
            raise CertificateFault(f"the key of {self.certificate} is missing: give its file, too")
        try:
            validity(found.certificate)
        except Unreadable as error:
            raise CertificateFault(
                f"{self.certificate} has no certificate in PEM format"
            ) from error
        try:
            # With a password it asks at the terminal; nobody is there.
            context.load_cert_chain(self.certificate, self.key, password=_no_password)
        except (ssl.SSLError, OSError, _Encrypted) as error:
            raise CertificateFault(self._why_no_pair(error)) from error

    def _why_no_pair(self, error: Exception) -> str:
        if isinstance(error, _Encrypted):
            return f"{self.key} is encrypted: write it without a password, readable by nobody else"
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            return f"{self.key} is not the key of {self.certificate}: give the pair that was issued"
        return f"{self.key} has no key in PEM format"


class _Encrypted(Exception):
    """A key cannot be read without a password."""


def _no_password() -> str:
    raise _Encrypted


def _bytes(path: Path | str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            found = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CertificateFault(f"{path} cannot be read: {reason}") from error
    if len(found) > MAX_FILE_BYTES:
        raise CertificateFault(f"{path} has more than {MAX_FILE_BYTES} bytes: is it a certificate?")
    return found
