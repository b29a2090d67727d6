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

MAX_WATCHES = 10
"""Times `watch` that are waited for so many; where cameras are idle, that has to do."""

STEADY_PHASES = frozenset({RolloutPhase.CANARY, RolloutPhase.WATCHING})
"""In which ages are judged: in the others frames wait for streams and shards that change hands."""


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
    draining: bool = False
    """Whether frames from before wait in older streams: where order matters, others behind them."""
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
    if not seen.wanted and rollout.phase is RolloutPhase.STARTING:
        # Its time to start begins when there is something to do.
        late = _elapsed(rollout, now_unix_nano) > spec.deadline.total_seconds() / 2
        return Decision(Verdict.NEXT_PHASE, phase=RolloutPhase.STARTING) if late else WAIT
    if not _is_over(rollout, spec, seen, now_unix_nano):
        return WAIT
    following = _following(rollout, spec)
    return GOOD if following is None else Decision(Verdict.NEXT_PHASE, phase=following)


def _is_over(rollout: Rollout, spec: RolloutSpec, seen: Seen, now_unix_nano: int) -> bool:
    """Whether the phase has come to its end."""
    match rollout.phase:
        case RolloutPhase.STARTING:
            return _started(rollout, seen)
        case RolloutPhase.SWITCHING:
            return not seen.draining
        case RolloutPhase.REPLACING:
            # There may be no room for all of its workers.
            replaced = bool(seen.ready) and not seen.others
            return replaced and not (spec.bounded and seen.draining)
        case RolloutPhase.CANARY | RolloutPhase.WATCHING:
            elapsed = _elapsed(rollout, now_unix_nano) / spec.watch.total_seconds()
            # One that is slow, or has a backlog, has decided few of the frames that count.
            judged = not spec.bounded or seen.frames >= MIN_FRAMES
            return elapsed >= (1 if judged else MAX_WATCHES)


def _started(rollout: Rollout, seen: Seen) -> bool:
    # The workers of a canary get their cameras at once.
    return seen.ready >= (seen.wanted if rollout.canary else 1)


def _following(rollout: Rollout, spec: RolloutSpec) -> RolloutPhase | None:
    """The next phase; None: there is none."""
    match rollout.phase:
        case RolloutPhase.STARTING if rollout.canary:
            return RolloutPhase.SWITCHING
        case RolloutPhase.SWITCHING:
            return RolloutPhase.CANARY
        case RolloutPhase.STARTING | RolloutPhase.CANARY:
            return RolloutPhase.REPLACING
        case RolloutPhase.REPLACING if spec.bounded:
            return RolloutPhase.WATCHING
        case _:
            return None


def _fault(rollout: Rollout, spec: RolloutSpec, seen: Seen, now_unix_nano: int) -> str:
    """Why it is to be given up; empty: there is no reason."""
    said = f": {seen.problem}" if seen.problem else ""
    deadline = spec.deadline
    late = _elapsed(rollout, now_unix_nano) > deadline.total_seconds()
    starting = rollout.phase is RolloutPhase.STARTING
    if starting and seen.wanted and not _started(rollout, seen) and late:
        return f"no worker of it was ready within {duration_text(deadline)}{said}"
    if seen.restarts >= MAX_RESTARTS:
        return f"its workers ended {seen.restarts} times{said}"
    if seen.failed_seconds > MAX_FAILED_SECONDS and starting:
        return f"its workers fail{said}"
    return _bound_passed(rollout, spec, seen)


def _bound_passed(rollout: Rollout, spec: RolloutSpec, seen: Seen) -> str:
    if seen.frames < MIN_FRAMES:
        return ""
    if spec.max_dead is not None and seen.dead > spec.max_dead * seen.frames:
        bound = share_text(spec.max_dead)
        return f"{seen.dead} of {seen.frames} frames are dead, more than {bound} (rollout.max_dead)"
    age, max_age = seen.age_p99_seconds, spec.max_age_p99
    steady = rollout.phase in STEADY_PHASES
    if steady and age is not None and max_age is not None and age > max_age.total_seconds():
        bound = duration_text(max_age)
        return f"the p99 of ages is {age:.2g} s, more than {bound} (rollout.max_age_p99)"
    return ""


def _elapsed(rollout: Rollout, now_unix_nano: int) -> float:
    """Seconds since the phase began."""
    return (now_unix_nano - rollout.since_unix_nano) / NANO
