"""What a certificate says, for people."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from framemesh.cli.common.files import FileUnreadable


@dataclass(frozen=True, slots=True)
class Described:
    """One certificate of a file."""

    file: Path
    name: str
    issuer: str
    uses: tuple[str, ...]
    """Of authority, server, client."""
    hosts: tuple[str, ...]
    start: datetime
    end: datetime
    fingerprint: str
    """SHA-256, in hexadecimal."""

    def to_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "name": self.name,
            "issuer": self.issuer,
            "uses": list(self.uses),
            "hosts": list(self.hosts),
            "valid_from": self.start.isoformat(),
            "valid_until": self.end.isoformat(),
            "sha256": self.fingerprint,
        }


def described(file: Path, pem: bytes) -> list[Described]:
    """Of each certificate in a file.

    Raises:
        FileUnreadable: there is none.
    """
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise FileUnreadable(f"{file} has no certificate in PEM format") from error
    return [_described(file, each) for each in found]


def _described(file: Path, found: x509.Certificate) -> Described:
    return Described(
        file,
        _common_name(found.subject),
        _common_name(found.issuer),
        tuple(_uses(found)),
        tuple(_hosts(found)),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        found.fingerprint(hashes.SHA256()).hex(),
    )


def _common_name(name: x509.Name) -> str:
    named = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else name.rfc4514_string()


def _uses(found: x509.Certificate) -> list[str]:
    extensions = found.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return ["authority"]
    except x509.ExtensionNotFound:
        pass
    try:
        purposes = list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return ["server", "client"]
    names = {
        ExtendedKeyUsageOID.SERVER_AUTH: "server",
        ExtendedKeyUsageOID.CLIENT_AUTH: "client",
    }
    return [name for purpose, name in names.items() if purpose in purposes]


def _hosts(found: x509.Certificate) -> list[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    return [*names.get_values_for_type(x509.DNSName), *addresses]
