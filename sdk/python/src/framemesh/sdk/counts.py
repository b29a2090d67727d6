"""How many frames a camera offered, and what ingest said to them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """offered = accepted + rejected + pending."""

    offered: int
    accepted: int
    rejected: int
    pending: int
    """Without an answer as yet."""
