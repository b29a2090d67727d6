"""Where the frames of a camera go."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Who sends what to whom."""

    address: str
    """host:port of ingest, or anything else that gRPC resolves."""
    pipeline: str
    camera: str
