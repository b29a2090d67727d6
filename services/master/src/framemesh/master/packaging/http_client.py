"""HTTP for the registry: urllib3, which the Docker SDK brings, in threads."""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import urllib3

from framemesh.master.packaging.errors import RegistryUnavailable

THREADS = 4
"""Calls at a time: some builds, and short questions beside them."""

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
"""A registry writes a part to its disk before it answers, and compares a whole layer at its end."""

MAX_BODY_BYTES = 4 * 1024**2
"""Manifests and configurations have some kB."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str]
    """Their names in any case."""
    body: bytes

    def document(self) -> Mapping[str, Any]:
        """The body as JSON.

        Raises:
            RegistryUnavailable: it is none, as that of a server that is no registry.
        """
        try:
            found: Mapping[str, Any] = json.loads(self.body)
        except ValueError as error:
            raise RegistryUnavailable("what answers is no registry: it sends no JSON") from error
        return found


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpClient:
    """One try for each request: whoever asks knows what may be repeated."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="registry")
        self._pool = urllib3.PoolManager(
            maxsize=THREADS,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            # Blobs may be with another server, to which the registry sends its clients.
            retries=urllib3.Retry(total=None, connect=0, read=0, other=0, redirect=3),
        )

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """
        Raises:
            RegistryUnavailable: there was no answer.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, partial(self._send, request)
        )

    def close(self) -> None:
        """Start nothing more; what runs ends with its timeout."""
        self._threads.submit(self._pool.clear)
        self._threads.shutdown(wait=False)

    def _send(self, request: HttpRequest) -> HttpAnswer:
        try:
            answer = self._pool.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                body=request.body or None,
                preload_content=False,
            )
            try:
                body = answer.read(MAX_BODY_BYTES)
            finally:
                answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            host = urllib3.util.parse_url(request.url).netloc
            raise RegistryUnavailable(
                f"the registry at {host} does not answer, trying again: {_reason(error)}"
            ) from error
        return HttpAnswer(answer.status, answer.headers, body)


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).partition("\n")[0].rpartition(": ")[2]
