"""What becomes of a frame between `send` and the spool."""

from dataclasses import dataclass

from framemesh.sdk.session.disk.work import Stored


@dataclass(slots=True, eq=False)
class Receipt:
    """Of one frame that was offered."""

    sequence: int
    stored: Stored | None = None
    """None: it is on its way to the disk."""
    problem: str = ""
    """Of the disk, where that did not take it."""
