"""Certificates of what is reached by TLS: whether they are trusted, and until when."""

import asyncio
import ssl
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from framemesh.cli.doctor.finding import Finding, good, note, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.core.urls import url_without_credentials

SOON_SECONDS = 21 * 86_400
"""Before its end a certificate is to be renewed."""

ANSWER_SECONDS = 3.0

DAY = 86_400


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    urls = list(_encrypted(surroundings))
    if not urls:
        return [note("nothing that was named is reached by TLS")]
    return [await _examined(url) for url in urls]


def _encrypted(surroundings: Surroundings) -> Iterator[str]:
    for url in (*surroundings.nats.split(","), surroundings.registry):
        if url.startswith(("tls://", "https://")):
            yield url


async def _examined(url: str) -> Finding:
    shown = url_without_credentials(url)
    parts = urlsplit(url)
    port = parts.port or (4222 if parts.scheme == "tls" else 443)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            ends = await _end_of(parts.hostname or "", port, nats=parts.scheme == "tls")
    except ssl.SSLCertVerificationError as error:
        return problem(
            f"the certificate of {shown} is not trusted: {error.verify_message}",
            "renew it, or add its authority to the system's (SSL_CERT_FILE)",
        )
    except (OSError, TimeoutError) as error:
        return problem(f"{shown} does not answer by TLS: {error or 'no answer in time'}", "")
    return judged(shown, ends - time.time())


async def _end_of(host: str, port: int, *, nats: bool) -> float:
    """When the certificate there ends, in seconds since the Unix epoch."""
    context = ssl.create_default_context()
    reader, writer = await asyncio.open_connection(host, port, ssl=None if nats else context)
    try:
        if nats:
            await reader.readline()  # a nats-server says who it is before TLS begins
            await writer.start_tls(context, server_hostname=host)
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
