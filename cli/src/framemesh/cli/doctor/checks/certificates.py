"""Certificates of what is reached by TLS: whether they are trusted, and until when."""

import asyncio
import ssl
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from framemesh.cli.common.connecting import connect_options
from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.core.urls import url_without_credentials
from framemesh.tls.contexts import client_context
from framemesh.tls.files import TlsFiles
from framemesh.tls.validity import validity
from framemesh.tls.words import handshake_fault, own_fault

SOON_SECONDS = 21 * 86_400
"""Before its end a certificate is to be renewed."""

ANSWER_SECONDS = 3.0

DAY = 86_400


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    tls = connect_options().tls
    urls = list(_encrypted(surroundings, mesh=tls is not None))
    if not urls and tls is None:
        return [note("nothing that was named is reached by TLS")]
    return [*_own(tls), *[await _examined(url, tls) for url in urls]]


def _own(tls: TlsFiles | None) -> Iterator[Finding]:
    """Of the certificate with which this command, and what inherits its variables, connects."""
    if tls is None or tls.certificate is None:
        return
    found = validity(tls.read().certificate or b"")
    shown = str(tls.certificate)
    if (now := time.time()) < found.start:
        yield problem(own_fault(tls, now), "")
    else:
        yield judged(shown, found.end - now)


def _encrypted(surroundings: Surroundings, *, mesh: bool) -> Iterator[str]:
    """What is reached by TLS; all of a mesh is, where there are certificates for it."""
    for url in (*surroundings.nats.split(","), surroundings.registry):
        if url.startswith(("tls://", "https://")) or (mesh and url.startswith("nats://")):
            yield url
    if mesh and surroundings.services is not None:
        for addresses in surroundings.services.values():
            yield from (f"grpc://{address.strip()}" for address in addresses.split(","))


async def _examined(url: str, tls: TlsFiles | None) -> Finding:
    shown = url_without_credentials(url)
    parts = urlsplit(url)
    nats, ours = parts.scheme in {"tls", "nats"}, parts.scheme != "https"
    port = parts.port or (4222 if nats else 443)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            ends = await _end_of(parts.hostname or "", port, tls if ours else None, nats=nats)
    except ssl.SSLCertVerificationError as error:
        if ours and tls is not None:
            return problem(handshake_fault(f"{parts.hostname}:{port}", tls, error), "")
        return problem(
            f"the certificate of {shown} is not trusted: {error.verify_message}",
            "renew it, or add its authority to the system's (SSL_CERT_FILE)",
        )
    except (OSError, TimeoutError) as error:
        return problem(f"{shown} does not answer by TLS: {error or 'no answer in time'}", "")
    return judged(shown, ends - time.time())


async def _end_of(host: str, port: int, tls: TlsFiles | None, *, nats: bool) -> float:
    """When the certificate there ends, in seconds since the Unix epoch."""
    context = ssl.create_default_context() if tls is None else client_context(tls)
    name = tls.name if tls is not None and tls.name else host
    reader, writer = await asyncio.open_connection(
        host, port, ssl=None if nats else context, server_hostname=None if nats else name
    )
    try:
        if nats:
            await reader.readline()  # a nats-server says who it is before TLS begins
            await writer.start_tls(context, server_hostname=name)
        certificate = writer.get_extra_info("peercert") or {}
        return float(ssl.cert_time_to_seconds(certificate["notAfter"]))
    finally:
        writer.close()


def judged(shown: str, seconds: float) -> Finding:
    """By how long a certificate is still good."""
    days = seconds / DAY
    if seconds <= 0:
        return problem(f"the certificate of {shown} ended {-days:.0f} days ago", "renew it")
    if seconds < SOON_SECONDS:
        return warning(f"the certificate of {shown} ends in {days:.0f} days", "renew it")
    return good(f"the certificate of {shown} is good for {days:.0f} days")
