"""Issues certificates. Keys are ECDSA P-256: gRPC's BoringSSL takes no Ed25519 in certificates."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from framemesh.core.errors import Code, FramemeshError

MESH_NAME = "framemesh"
"""Every certificate of a server has it, for those who reach servers by changing addresses
(FRAMEMESH_TLS_NAME)."""

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
"""Every server may be asked by its own machine: health checks are."""

AUTHORITY_DAYS = 3650
LEAF_DAYS = 397
"""A year and a month: long enough to be renewed by hand, short enough that somebody remembers
how."""

CLOCKS_DIFFER = timedelta(hours=1)
"""A certificate is valid from so long before it was issued, for machines whose clock is behind."""

MAX_NAME = 64
"""Characters of a common name (RFC 5280)."""


class CannotIssue(FramemeshError):
    """A certificate cannot be issued as it was asked for."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes


def new_authority(name: str, now: datetime, days: float = AUTHORITY_DAYS) -> Pair:
    """An authority, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(name)
    builder = (
        _builder(subject, key, now, now + timedelta(days=days))
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return _pair(builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Pair,
    name: str,
    now: datetime,
    *,
    hosts: Sequence[str] = (),
    client: bool = False,
    days: float = LEAF_DAYS,
) -> Pair:
    """A certificate for one process, no longer valid than its authority is.

    Args:
        hosts: names and addresses under which a server is reached, beside its name, MESH_NAME and
            LOCAL_HOSTS.
        client: it is for a client alone: with it nobody can pretend to be a server. Otherwise it is
            for servers, which connect to one another, too.

    Raises:
        CannotIssue: the authority is none, its key is another's, or a host is no name.
    """
    issuer, issuer_key = _authority(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(now + timedelta(days=days), issuer.not_valid_after_utc)
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = (
        _builder(_subject(name), key, now, end)
        .issuer_name(issuer.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if not client:
        purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
        named = [name] if _is_host(name) else []
        every = dict.fromkeys((*named, MESH_NAME, *LOCAL_HOSTS, *hosts))
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(host) for host in every]), critical=False
        )
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return _pair(builder.sign(issuer_key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - CLOCKS_DIFFER)
        .not_valid_after(end.astimezone(UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _authority(pair: Pair) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate)
        key = serialization.load_pem_private_key(pair.key, password=None)
    except (ValueError, TypeError) as error:
        raise CannotIssue(f"the authority cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CannotIssue("the authority has a key of another kind than `framemesh certs init` has")
    if certificate.public_key() != key.public_key():
        raise CannotIssue("the key of the authority is not that of its certificate")
    return certificate, key


def _subject(name: str) -> x509.Name:
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise CannotIssue(f"{name!r} is no name: use 1 to {MAX_NAME} characters")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _is_host(name: str) -> bool:
    try:
        _alternative(name)
    except CannotIssue:
        return False
    return True


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        pass
    labels = host.removeprefix("*.").split(".")
    if len(host) > 253 or not all(map(_is_label, labels)):
        raise CannotIssue(f"{host!r} is neither the name of a host nor an address, without a port")
    return x509.DNSName(host)


def _is_label(label: str) -> bool:
    found = label.replace("-", "").replace("_", "")
    return 0 < len(label) <= 63 and found.isascii() and found.isalnum()


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether `authority` signed `certificate`."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
