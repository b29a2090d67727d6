"""The pictures that belong to results, for sinks that need them."""

from typing import Protocol

from framemesh.api.common.v1 import outcome_pb2


class Pictures(Protocol):
    """Where the pictures of one pipeline are."""

    async def of(self, outcome: outcome_pb2.Outcome) -> bytes | None:
        """The encoded image of a frame; None: it is gone. A result may come before it is known
        that its picture is there, so this may wait for a moment."""
        ...


class NoPictures:
    """For sinks that need none."""

    async def of(self, outcome: outcome_pb2.Outcome) -> bytes | None:
        return None
