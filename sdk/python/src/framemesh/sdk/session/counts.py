"""How many frames a camera offered, and what became of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """offered = accepted + rejected + dropped + pending."""

    offered: int
    accepted: int
    rejected: int
    dropped: int
    """Removed for newer frames before they were ever sent (on_full="drop_oldest"). Ingest never
    saw them, so the ledger of the pipeline does not count them."""
    pending: int
    """Not answered yet, sent or not."""
    filtered: int = 0
    """Of the rejected: those that this camera's own filter dropped, as it told ingest."""
