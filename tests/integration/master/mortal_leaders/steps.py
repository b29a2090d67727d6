"""The steps of a change after which a leader is killed or suspended.

All of them are tried by `make test-leaders`, in half an hour; `make test` tries a few of each kind.
"""

import os
from random import Random

EVERY_STEP = os.environ.get("FRAMEMESH_EVERY_STEP") == "1"
SOME = 3
TIMEOUT = 900 if EVERY_STEP else 120
"""Seconds for one kind of change."""


def tried(kind: str, steps: range) -> list[int]:
    """Of one kind of change: the same ones in each run."""
    if EVERY_STEP or len(steps) <= SOME:
        return list(steps)
    return sorted(Random(kind).sample(steps, SOME))  # noqa: S311
