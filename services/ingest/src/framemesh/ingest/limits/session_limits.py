"""Bounds the streams that clients may hold open, in all and under one camera's name."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from framemesh.ingest.errors import TooManySessions


class SessionLimits:
    """Counts the open streams of one ingest. For one event loop."""

    def __init__(self, streams: int, sessions_per_camera: int) -> None:
        """
        Args:
            streams: of all clients, also those that have opened no session yet.
            sessions_per_camera: under one camera's name in one pipeline.
        """
        self._max_streams = streams
        self._max_per_camera = sessions_per_camera
        self._streams = 0
        self._sessions: Counter[tuple[str, str]] = Counter()
        """By pipeline and camera; those that have none are not in it."""

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count a stream for as long as the context lasts.

        Raises:
            TooManySessions: there are as many as may be.
        """
        if self._streams >= self._max_streams:
            raise TooManySessions(
                f"this ingest has its {self._max_streams} streams: call again later, end streams "
                "that are not used, or set FRAMEMESH_INGEST_MAX_STREAMS"
            )
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    @contextmanager
    def session(self, pipeline: str, camera: str) -> Iterator[None]:
        """Count a session of a camera for as long as the context lasts.

        Raises:
            TooManySessions: the camera has as many as it may.
        """
        key = (pipeline, camera)
        if self._sessions.get(key, 0) >= self._max_per_camera:
            raise TooManySessions(
                f"camera {camera!r} has {self._max_per_camera} open sessions: end one before the "
                "next, give each camera a name of its own, or set "
                "FRAMEMESH_INGEST_MAX_SESSIONS_PER_CAMERA"
            )
        self._sessions[key] += 1
        try:
            yield
        finally:
            self._sessions[key] -= 1
            if not self._sessions[key]:
                del self._sessions[key]
