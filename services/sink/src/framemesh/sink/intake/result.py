"""A result as writers get it."""

from dataclasses import dataclass

from framemesh.api.common.v1 import outcome_pb2


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one frame."""

    outcome: outcome_pb2.Outcome
    bytes: int
    """Of the outcome, as it was stored."""
