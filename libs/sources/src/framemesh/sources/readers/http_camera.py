"""Cameras that speak HTTP: MJPEG, and pictures that are asked for one by one."""

import http.client
import time
from collections.abc import Iterator

from framemesh.sources.errors import SourceFailed
from framemesh.sources.locations import shown
from framemesh.sources.messages import Opened
from framemesh.sources.readers.http_client import HttpClient
from framemesh.sources.readers.jpeg_tables import with_tables
from framemesh.sources.readers.multipart import parts
from framemesh.sources.readers.picture import Picture
from framemesh.sources.spec import MAX_PICTURE_BYTES, SourceSpec


class MjpegCamera:
    """One answer that goes on, with a picture in each of its parts. They are JPEGs already."""

    damaged = 0
    shortfall = ""
    opened = Opened(live=True, description="MJPEG over HTTP")

    def __init__(
        self, spec: SourceSpec, answer: http.client.HTTPResponse, client: HttpClient
    ) -> None:
        self._name = shown(spec)
        self._answer = answer
        self._client = client

    def items(self) -> Iterator[Picture]:
        """
        Raises:
            SourceFailed, SourceTimedOut: the answer ended, or came to a stop.
        """
        boundary = self._answer.headers.get_param("boundary") or ""
        number = 0
        try:
            for body in parts(self._answer, str(boundary), self._name):
                number += 1
                yield stamped(f"{self._name} frame {number}", with_tables(body))
        except (OSError, http.client.HTTPException) as error:
            raise self._client.in_words(error) from None
        raise SourceFailed(f"{self._name} closed the connection")

    def close(self) -> None:
        self._answer.close()


class SnapshotCamera:
    """A URL that gives the picture of the moment, asked again and again."""

    damaged = 0
    shortfall = ""
    opened = Opened(live=True, description="snapshots over HTTP")

    def __init__(
        self, spec: SourceSpec, answer: http.client.HTTPResponse, client: HttpClient
    ) -> None:
        self._spec = spec
        self._name = shown(spec)
        self._first: http.client.HTTPResponse | None = answer
        self._client = client

    def items(self) -> Iterator[Picture]:
        """
        Raises:
            SourceFailed, SourceTimedOut: a request failed.
        """
        number, due = 0, time.monotonic()
        while True:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due + self._spec.poll_seconds, time.monotonic())
            number += 1
            yield self._snapshot(f"{self._name} snapshot {number}")

    def close(self) -> None:
        """Each answer is closed when it is read."""

    def _snapshot(self, name: str) -> Picture:
        answer, self._first = self._first or self._client.open(), None
        # A camera takes the picture when it is asked, and then sends it.
        captured = time.time_ns()
        try:
            with answer:
                body = answer.read(MAX_PICTURE_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise self._client.in_words(error) from None
        if not body or len(body) > MAX_PICTURE_BYTES:
            raise SourceFailed(f"{self._name} answers with {len(body)} bytes, which is no picture")
        return Picture(name, encoded=with_tables(body), captured=lambda: captured)


def stamped(name: str, jpeg: bytes) -> Picture:
    """A picture that has just arrived."""
    now = time.time_ns()
    return Picture(name, encoded=jpeg, captured=lambda: now)
