"""Bounds the streams that clients may hold open: in all, of one client, of one camera."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from framemesh.ingest.errors import TooManyOfCamera, TooManyOfClient, TooManyStreams

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class StreamBounds:
    """How many may be open at once."""

    streams: int
    """Of all clients, also those that have opened no session yet."""
    of_client: int
    """From one address."""
    of_camera: int
    """Sessions under one camera's name in one pipeline."""


class StreamLimits:
    """Counts the open streams of one ingest. For one event loop."""

    def __init__(self, bounds: StreamBounds) -> None:
        self._bounds = bounds
        self._streams = 0
        self._of_client: Counter[str] = Counter()
        self._of_camera: Counter[tuple[str, str]] = Counter()
        """By pipeline and camera. Who has none is in neither of them."""

    @contextmanager
    def stream(self, client: str) -> Iterator[None]:
        """Count a stream for as long as the context lasts.

        Args:
            client: its address, without its port.

        Raises:
            TooManyStreams, TooManyOfClient: there are as many as may be.
        """
        if self._streams >= self._bounds.streams:
            raise TooManyStreams(
                f"this ingest has its {self._bounds.streams} streams: call again later, end "
                "streams that are not used, or set FRAMEMESH_INGEST_MAX_STREAMS"
            )
        if self._of_client[client] >= self._bounds.of_client:
            raise TooManyOfClient(
                f"{client} has {self._bounds.of_client} streams here: end one before the next, or "
                "set FRAMEMESH_INGEST_MAX_STREAMS_PER_CLIENT, as where a proxy has one address "
                "for many cameras"
            )
        self._streams += 1
        try:
            with _counted(self._of_client, client):
                yield
        finally:
            self._streams -= 1

    @contextmanager
    def session(self, pipeline: str, camera: str) -> Iterator[None]:
        """Count a session of a camera for as long as the context lasts.

        Raises:
            TooManyOfCamera: it has as many as it may.
        """
        if self._of_camera[pipeline, camera] >= self._bounds.of_camera:
            raise TooManyOfCamera(
                f"camera {camera!r} has {self._bounds.of_camera} open sessions: end one before the "
                "next, give each camera a name of its own, or set "
                "FRAMEMESH_INGEST_MAX_SESSIONS_PER_CAMERA"
            )
        with _counted(self._of_camera, (pipeline, camera)):
            yield


@contextmanager
def _counted(counter: Counter[K], key: K) -> Iterator[None]:
    counter[key] += 1
    try:
        yield
    finally:
        counter[key] -= 1
        if not counter[key]:
            del counter[key]
