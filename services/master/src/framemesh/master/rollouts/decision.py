"""Whether a new revision goes on to its next phase, is good, or is given up."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.clock import NANO
from framemesh.core.documents.duration import duration_text
from framemesh.core.documents.share import share_text
from framemesh.core.pipeline.rollout import Rollout, RolloutPhase
from framemesh.core.pipeline.rollout_spec import RolloutSpec

MAX_RESTARTS = 5
"""Of all workers of a revision together. One that ends at each start has them within a minute."""

MAX_FAILED_SECONDS = 60.0
"""While none is ready and some have failed: what is short for a moment is there again."""

MIN_FRAMES = 20
"""Before outcomes are judged: of fewer, one says nothing of the others."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is observed of a new revision."""

    wanted: int
    """Workers."""
    ready: int
    others: int = 0
    """Workers of other revisions that do not stop yet."""
    restarts: int = 0
    """Of its workers."""
    failed_seconds: float = 0
    """For how long none was ready, and some had failed."""
    problem: str = ""
    """What its workers say, in one line."""
    frames: int = 0
    """With an outcome by it since the phase began."""
    dead: int = 0
    age_p99_seconds: float | None = None


class Verdict(Enum):
    WAIT = "wait"
    NEXT_PHASE = "next_phase"
    GOOD = "good"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    why: str = ""
    """It is given up, in one line."""
    phase: RolloutPhase = RolloutPhase.STARTING
    """The next one."""


WAIT, GOOD = Decision(Verdict.WAIT), Decision(Verdict.GOOD)


def decide(rollout: Rollout, spec: RolloutSpec, seen: Seen, now_unix_nano: int) -> Decision:
    """What to do now. The result depends on the arguments alone: after a round that failed, or in
    another master, the same is decided again."""
    if why := _fault(rollout, spec, seen, now_unix_nano):
        return Decision(Verdict.GIVE_UP, why)
    if not seen.wanted:
        # Nothing will run, so nothing will be known of it.
        return GOOD
    match rollout.phase:
        case RolloutPhase.STARTING:
            return _next(RolloutPhase.REPLACING) if seen.ready else WAIT
        case RolloutPhase.REPLACING:
            # There may be no room for all of its workers.
            if seen.others or not seen.ready:
                return WAIT
            return _next(RolloutPhase.WATCHING) if spec.bounded else GOOD
        case RolloutPhase.WATCHING:
            return GOOD if _elapsed(rollout, now_unix_nano) >= spec.watch.total_seconds() else WAIT


def _fault(rollout: Rollout, spec: RolloutSpec, seen: Seen, now_unix_nano: int) -> str:
    """Why it is to be given up; empty: there is no reason."""
    said = f": {seen.problem}" if seen.problem else ""
    deadline = spec.deadline
    late = _elapsed(rollout, now_unix_nano) > deadline.total_seconds()
    if rollout.phase is RolloutPhase.STARTING and seen.wanted and not seen.ready and late:
        return f"no worker of it was ready within {duration_text(deadline)}{said}"
    if seen.restarts >= MAX_RESTARTS:
        return f"its workers ended {seen.restarts} times{said}"
    if seen.failed_seconds > MAX_FAILED_SECONDS and rollout.phase is RolloutPhase.STARTING:
        return f"its workers fail{said}"
    return _bound_passed(spec, seen)


def _bound_passed(spec: RolloutSpec, seen: Seen) -> str:
    if seen.frames < MIN_FRAMES:
        return ""
    if spec.max_dead is not None and seen.dead > spec.max_dead * seen.frames:
        bound = share_text(spec.max_dead)
        return f"{seen.dead} of {seen.frames} frames are dead, more than {bound} (rollout.max_dead)"
    age, max_age = seen.age_p99_seconds, spec.max_age_p99
    if age is not None and max_age is not None and age > max_age.total_seconds():
        bound = duration_text(max_age)
        return f"the p99 of ages is {age:.2g} s, more than {bound} (rollout.max_age_p99)"
    return ""


def _next(phase: RolloutPhase) -> Decision:
    return Decision(Verdict.NEXT_PHASE, phase=phase)


def _elapsed(rollout: Rollout, now_unix_nano: int) -> float:
    """Seconds since the phase began."""
    return (now_unix_nano - rollout.since_unix_nano) / NANO
