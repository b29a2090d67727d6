"""Whether a new revision goes on, is good, or is given up."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.clock import NANO
from framemesh.core.pipeline.rollout import Rollout, RolloutPhase
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.rollouts.decision import (
    MAX_FAILED_SECONDS,
    MAX_RESTARTS,
    MIN_FRAMES,
    Decision,
    Seen,
    Verdict,
    decide,
)

STARTING, REPLACING, WATCHING = (
    RolloutPhase.STARTING,
    RolloutPhase.REPLACING,
    RolloutPhase.WATCHING,
)
STABLE = PipelineSpec("street", (StageSpec("people", "person", 1),))
DEFAULTS = RolloutSpec()
BOUNDED = RolloutSpec(max_dead=0.1, max_age_p99=timedelta(seconds=2))
WELL = Seen(wanted=3, ready=3, frames=100)


def decided(
    phase: RolloutPhase, seen: Seen, spec: RolloutSpec = DEFAULTS, seconds: float = 1
) -> Decision:
    """Some seconds after the phase began."""
    return decide(Rollout(STABLE, 5, phase=phase), spec, seen, round(seconds * NANO))


def test_a_revision_that_works_is_good_once_it_has_replaced_the_other() -> None:
    assert decided(STARTING, replace(WELL, ready=0, others=3)).verdict is Verdict.WAIT
    assert decided(STARTING, replace(WELL, ready=1, others=3)).phase is REPLACING
    assert decided(REPLACING, replace(WELL, ready=2, others=1)).verdict is Verdict.WAIT
    assert decided(REPLACING, WELL).verdict is Verdict.GOOD


def test_a_canary_has_its_cameras_once_all_of_its_workers_are_ready_and_for_a_while() -> None:
    def found(phase: RolloutPhase, seen: Seen, seconds: float = 1) -> Decision:
        rollout = Rollout(STABLE, 5, phase=phase, canary=0.1)
        return decide(rollout, BOUNDED, seen, round(seconds * NANO))

    assert found(STARTING, replace(WELL, ready=2, others=30)).verdict is Verdict.WAIT
    assert found(STARTING, replace(WELL, ready=2), seconds=601).verdict is Verdict.GIVE_UP
    assert found(STARTING, replace(WELL, others=30)).phase is RolloutPhase.SWITCHING
    switching = replace(WELL, others=30, draining=True, frames=100, age_p99_seconds=9.0)
    assert found(RolloutPhase.SWITCHING, switching, 10_000).verdict is Verdict.WAIT
    drained = replace(switching, draining=False)
    assert found(RolloutPhase.SWITCHING, drained).phase is RolloutPhase.CANARY
    assert found(RolloutPhase.CANARY, drained).verdict is Verdict.GIVE_UP
    assert found(RolloutPhase.CANARY, replace(WELL, others=30), 119).verdict is Verdict.WAIT
    assert found(RolloutPhase.CANARY, replace(WELL, others=30), 120).phase is REPLACING
    dead = replace(WELL, frames=100, dead=50)
    assert found(RolloutPhase.CANARY, dead).verdict is Verdict.GIVE_UP


def test_where_a_bound_is_named_its_outcomes_are_watched_for_a_while() -> None:
    assert decided(REPLACING, replace(WELL, draining=True), BOUNDED).verdict is Verdict.WAIT
    assert decided(REPLACING, WELL, BOUNDED).phase is WATCHING
    assert decided(WATCHING, WELL, BOUNDED, seconds=119).verdict is Verdict.WAIT
    assert decided(WATCHING, WELL, BOUNDED, seconds=120).verdict is Verdict.GOOD


def test_one_that_has_decided_few_frames_is_watched_for_longer() -> None:
    few = replace(WELL, frames=MIN_FRAMES - 1)
    assert decided(WATCHING, few, BOUNDED, seconds=1199).verdict is Verdict.WAIT
    assert decided(WATCHING, few, BOUNDED, seconds=1200).verdict is Verdict.GOOD


def test_one_of_which_no_worker_is_ready_in_time_is_given_up_and_says_why() -> None:
    starting = Seen(wanted=1, ready=0, problem="street-r7-0: no such model")
    assert decided(STARTING, starting, seconds=600).verdict is Verdict.WAIT
    found = decided(STARTING, starting, seconds=601)
    assert found.verdict is Verdict.GIVE_UP
    assert found.why == ("no worker of it was ready within 10m: street-r7-0: no such model")


def test_one_that_was_ready_once_is_not_given_up_for_the_deadline() -> None:
    """A node may be away, or a master new."""
    assert decided(REPLACING, Seen(wanted=1, ready=0), seconds=10_000).verdict is Verdict.WAIT


def test_one_whose_workers_fail_is_given_up_before_its_deadline() -> None:
    failing = Seen(wanted=1, ready=0, failed_seconds=MAX_FAILED_SECONDS + 1)
    assert decided(STARTING, failing).verdict is Verdict.GIVE_UP
    ending = Seen(wanted=1, ready=1, restarts=MAX_RESTARTS)
    for phase in RolloutPhase:
        assert decided(phase, ending).verdict is Verdict.GIVE_UP


def test_while_no_worker_is_wanted_its_time_to_start_does_not_run_out() -> None:
    idle = Seen(wanted=0, ready=0)
    assert decided(STARTING, idle, seconds=300).verdict is Verdict.WAIT
    again = decided(STARTING, idle, seconds=301)
    assert (again.verdict, again.phase) == (Verdict.NEXT_PHASE, STARTING)
    assert decided(REPLACING, idle, seconds=10_000).verdict is Verdict.WAIT


def test_one_whose_frames_die_is_given_up_once_there_are_enough_to_tell() -> None:
    few = replace(WELL, frames=MIN_FRAMES - 1, dead=MIN_FRAMES - 1)
    assert decided(REPLACING, few, BOUNDED).verdict is not Verdict.GIVE_UP
    some = replace(WELL, frames=100, dead=10)
    assert decided(WATCHING, some, BOUNDED).verdict is Verdict.WAIT
    found = decided(WATCHING, replace(some, dead=11), BOUNDED)
    assert found.why == "11 of 100 frames are dead, more than 10% (rollout.max_dead)"
    assert decided(REPLACING, replace(some, dead=100)).verdict is Verdict.GOOD, "no bound is named"


def test_one_that_is_too_slow_is_given_up() -> None:
    slow = replace(WELL, frames=100, age_p99_seconds=2.5)
    found = decided(WATCHING, slow, BOUNDED)
    assert found.why == "the p99 of ages is 2.5 s, more than 2s (rollout.max_age_p99)"


SEEN = st.builds(
    Seen,
    wanted=st.integers(0, 5),
    ready=st.integers(0, 6),
    others=st.integers(0, 6),
    restarts=st.integers(0, 8),
    failed_seconds=st.floats(0, 200),
    frames=st.integers(0, 200),
    dead=st.integers(0, 50),
    age_p99_seconds=st.none() | st.floats(0, 10),
)


@given(st.sampled_from(RolloutPhase), SEEN, st.sampled_from([DEFAULTS, BOUNDED]), st.floats(0, 1e4))
def test_a_phase_is_only_left_forwards_and_what_is_given_up_says_why(
    phase: RolloutPhase, seen: Seen, spec: RolloutSpec, seconds: float
) -> None:
    found = decided(phase, seen, spec, seconds)
    order = [*RolloutPhase]
    if found.verdict is Verdict.NEXT_PHASE:
        assert order.index(found.phase) > order.index(phase) or not seen.wanted
    assert bool(found.why) == (found.verdict is Verdict.GIVE_UP)
