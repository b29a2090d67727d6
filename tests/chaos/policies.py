"""The delivery policies under test: the pipeline of each, and the checks of its own guarantees.

A new policy is one more entry here: its specification, and a check of what it adds.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import ByteSize

from framemesh.core.pipeline.delivery import DeliverySpec, FreshSpec, LatestSpec, Order
from framemesh.core.pipeline.spec import BufferSpec, ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.chaos.ledger.checks import ALWAYS, Check
from tests.chaos.ledger.policy_checks import (
    newer_frames_supersede,
    nothing_is_expired,
    nothing_is_superseded,
    outcomes_are_in_order,
)

BUFFER = BufferSpec(max_bytes=ByteSize(16 * 1024**2))
"""The minimum: it is filled within seconds."""

MAX_AGE = timedelta(seconds=2)
"""Shorter than most faults."""

SLOW_MODEL = "slow"
"""Of the second stage where workers come and go: it takes time and detects nothing."""

MOST_WORKERS = 3
OBJECTIVE = ObjectiveSpec(age_p99=timedelta(seconds=1))
SHRINK_AFTER = timedelta(seconds=2)
"""A load that is gone for so long, or a little longer, is no longer there."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A pipeline under test, and its checks."""

    spec: PipelineSpec
    checks: tuple[Check, ...]

    @property
    def ordered(self) -> bool:
        """Whether it guarantees an order, so that the table has a figure for it."""
        return self.spec.delivery.order is not Order.NONE

    @property
    def scales(self) -> bool:
        """Whether its backlog tells how many workers it needs."""
        return self.spec.delivery.latest is None

    def with_workers(self, count: int) -> "Policy":
        return replace(self, spec=replace(self.spec, workers=WorkersSpec(min=count)))

    def scaled(self, least: int) -> "Policy":
        """With as many workers as its load needs, and a model so slow that it needs several."""
        workers = WorkersSpec(least, MOST_WORKERS, OBJECTIVE, SHRINK_AFTER)
        stages = (*self.spec.stages, StageSpec(SLOW_MODEL, SLOW_MODEL))
        return replace(self, spec=replace(self.spec, stages=stages, workers=workers))

    def replicated(self, copies: int) -> "Policy":
        buffer = replace(self.spec.buffer, replicas=copies)
        return replace(self, spec=replace(self.spec, buffer=buffer))


def _policy(delivery: DeliverySpec, *more: Check) -> Policy:
    stages = (StageSpec("people", "person"),)
    spec = PipelineSpec("chaos", stages, buffer=BUFFER, delivery=delivery)
    return Policy(spec, (*ALWAYS, *more))


POLICIES = {
    "every_frame": _policy(DeliverySpec(), nothing_is_expired, nothing_is_superseded),
    "per_camera": _policy(
        DeliverySpec(order=Order.PER_CAMERA),
        nothing_is_expired,
        nothing_is_superseded,
        outcomes_are_in_order,
    ),
    "latest": _policy(
        DeliverySpec(latest=LatestSpec()), nothing_is_expired, newer_frames_supersede
    ),
    "fresh": _policy(DeliverySpec(fresh=FreshSpec(MAX_AGE)), nothing_is_superseded),
}
"""By the name used on the command line."""
