"""All parts together, in virtual time."""

import random
from collections.abc import Callable, Mapping

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.batching import BatchReason, Dispatch, HoldUntil
from framemesh.core.scheduling.call_graph import CallGraph, CallNode
from framemesh.core.scheduling.choice import Choice, Late, SkipOptional
from framemesh.core.scheduling.configuration import Configuration, Variant, configurations_of
from framemesh.core.scheduling.cost_scheduler import CostScheduler
from framemesh.core.scheduling.decision_log import MOST_LOGGED
from framemesh.core.scheduling.hedging import Clone, Leave, LeaveReason, Running
from framemesh.core.scheduling.latency.latency import LatencyPrior
from framemesh.core.scheduling.options import InvalidOptions, SchedulerOptions
from framemesh.core.scheduling.queues.deadline_queue import DeadlineQueue
from framemesh.core.scheduling.queues.depth_queue import DepthQueue
from framemesh.core.scheduling.scheduler import Call, Scheduler, Waiting
from tests.unit.core.scheduling.virtual_mesh import VirtualMesh

EDGE = Backend("edge", price_per_hour=0.1)
CLOUD = Backend("cloud", price_per_hour=3.0, capacity=4)
BACKENDS = (EDGE, CLOUD)
CHAIN = CallGraph((CallNode("detect"), CallNode("read", ("detect",))))
GOOD, POOR = Variant("good", accuracy=0.9), Variant("poor", accuracy=0.5)
OBJECTIVE = 0.5

Truth = Callable[[Configuration, int, float], float]


def truth(configuration: Configuration, batch: int, now: float = 0.0) -> float:
    """The edge takes four times as long, and the poor variant half as long."""
    seconds = 0.01 + 0.005 * batch
    seconds *= 4 if configuration.backend == "edge" else 1
    return seconds / 2 if configuration.variant == POOR else seconds


def profile(
    graph: CallGraph = CHAIN, variants: tuple[Variant, ...] = (GOOD,)
) -> dict[Configuration, LatencyPrior]:
    return {
        each: LatencyPrior(truth(each, each.batch), 1.1 * truth(each, each.batch))
        for node in graph.nodes
        for each in configurations_of(node.name, variants, BACKENDS, [1, 2, 4, 8])
    }


def scheduler(
    options: SchedulerOptions | None = None,
    *,
    graph: CallGraph = CHAIN,
    known: Mapping[Configuration, LatencyPrior] | None = None,
) -> CostScheduler:
    return CostScheduler(graph, BACKENDS, known or profile(graph), OBJECTIVE, options)


def only(backend: str) -> CostScheduler:
    """With one of the backends."""
    known = {each: prior for each, prior in profile().items() if each.backend == backend}
    return scheduler(known=known)


def ran(
    scheduled: CostScheduler, *, rate: float, seconds: float = 4.0, really: Truth = truth
) -> VirtualMesh:
    """Frames that come at random."""
    backends = scheduled.knowledge.backends
    dice, now, mesh = random.Random(7), 0.0, VirtualMesh(scheduled, CHAIN, backends, really)  # noqa: S311
    while now < seconds:
        now += dice.expovariate(rate)
        mesh.frame(f"c{dice.randrange(4)}", now, OBJECTIVE)
    mesh.run()
    return mesh


def test_it_is_a_scheduler_and_so_is_whatever_it_is_compared_with() -> None:
    ours: Scheduler = scheduler()
    assert ours.queue(1).peek() is None


def test_the_cheap_backend_is_used_where_there_is_time_and_the_fast_one_where_there_is_not() -> (
    None
):
    ours = scheduler()
    with_time = ours.choose(Call(1, "detect", "yard", deadline=0.5), now=0.0)
    without = ours.choose(Call(1, "detect", "yard", deadline=0.06), now=0.0)
    assert isinstance(with_time, Choice)
    assert isinstance(without, Choice)
    assert with_time.configuration.backend == "edge"
    assert without.configuration.backend == "cloud"


def test_a_frame_that_cannot_be_done_is_given_up_early() -> None:
    # The cloud needs 15 ms for each of the two calls.
    ours = scheduler()
    assert isinstance(ours.choose(Call(1, "detect", "yard", 0.029), now=0.0), Late)
    assert not isinstance(ours.choose(Call(1, "detect", "yard", 0.031), now=0.0), Late)
    assert not isinstance(ours.choose(Call(1, "read", "yard", 0.016), now=0.0), Late)


def test_an_optional_stage_is_left_out_where_the_frame_would_be_late() -> None:
    graph = CallGraph((CallNode("blur", optional=True), CallNode("detect", ("blur",))))
    ours = scheduler(graph=graph)
    assert isinstance(ours.choose(Call(1, "blur", "yard", 0.025), now=0.0), SkipOptional)
    assert isinstance(ours.choose(Call(1, "detect", "yard", 0.025), now=0.0), Choice)
    assert isinstance(ours.choose(Call(1, "blur", "yard", 0.3), now=0.0), Choice)


def test_a_less_accurate_variant_is_for_frames_that_would_be_late() -> None:
    graph = CallGraph((CallNode("detect", least_accuracy=0.8),))
    ours = scheduler(graph=graph, known=profile(graph, (GOOD, POOR)))
    usual = ours.choose(Call(1, "detect", "yard", 0.5), now=0.0)
    hurried = ours.choose(Call(1, "detect", "yard", 0.012), now=0.0)
    assert isinstance(usual, Choice)
    assert isinstance(hurried, Choice)
    assert (usual.configuration.variant, usual.degraded) == (GOOD, False)
    assert (hurried.configuration.variant, hurried.degraded) == (POOR, True)


def test_without_a_floor_the_cheaper_variant_is_good_enough() -> None:
    ours = scheduler(known=profile(variants=(GOOD, POOR)))
    found = ours.choose(Call(1, "detect", "yard", 0.5), now=0.0)
    assert isinstance(found, Choice)
    assert (found.configuration.variant, found.degraded) == (POOR, False)


def test_a_load_within_what_the_backends_do_is_in_time() -> None:
    for rate in (5, 40, 120):
        assert ran(scheduler(), rate=rate).late() <= 0.02


def test_the_cheap_backend_is_filled_before_the_dear_one() -> None:
    quiet, busy = ran(scheduler(), rate=4), ran(scheduler(), rate=60)
    assert quiet.used("edge") >= 0.8
    assert quiet.cost < 0.8 * ran(only("cloud"), rate=4).cost
    # It does 40 of 120 calls a second, in batches of eight.
    assert 0.2 <= busy.used("edge") <= 1 / 3
    assert busy.cost < 0.95 * ran(only("cloud"), rate=60).cost


def test_what_is_over_the_capacity_of_all_is_given_up_and_the_rest_in_time() -> None:
    """Full batches do 340 frames/s, and 600 come: 43 of 100 are too many."""
    mesh = ran(scheduler(), rate=600, seconds=2.0)
    assert mesh.late() <= 0.5
    done = [frame for frame in mesh.frames if frame.done is not None]
    late = [frame for frame in done if (frame.done or 0.0) > frame.deadline]
    assert len(late) <= 0.02 * len(done)


def slowed(configuration: Configuration, batch: int, now: float) -> float:
    """After two seconds the edge is too slow for any frame."""
    slow = 12 if configuration.backend == "edge" and now > 2 else 1
    return slow * truth(configuration, batch)


def test_with_feedback_a_backend_that_became_slow_is_left_and_without_frames_are_late() -> None:
    off = SchedulerOptions(feedback=False)
    with_feedback = ran(scheduler(), rate=5, seconds=12.0, really=slowed)
    without = ran(scheduler(off), rate=5, seconds=12.0, really=slowed)
    assert with_feedback.late(since=4.0) <= 0.08
    assert without.late(since=4.0) >= 0.15
    assert with_feedback.used("edge", since=4.0) <= 0.5 * without.used("edge", since=4.0)


def test_without_deferral_batches_are_smaller() -> None:
    with_deferral = ran(scheduler(), rate=100)
    without = ran(scheduler(SchedulerOptions(safe_deferral=False)), rate=100)
    assert len(with_deferral.batches) < 0.4 * len(without.batches)
    assert with_deferral.cost < 0.6 * without.cost
    assert with_deferral.late() <= 0.01


def straggling(seed: int) -> Truth:
    """Batches differ by a tenth, and one of thirty hangs for a second."""
    dice = random.Random(seed)  # noqa: S311

    def seconds(configuration: Configuration, batch: int, now: float) -> float:
        hangs = 1.0 if dice.random() < 1 / 30 else 0.0
        return truth(configuration, batch) * dice.uniform(0.9, 1.1) + hangs

    return seconds


def test_with_hedging_few_frames_wait_for_a_batch_that_hangs() -> None:
    twice = [CLOUD, Backend("other cloud", price_per_hour=3.0, capacity=4)]
    known = {
        each: LatencyPrior(truth(each, each.batch), 1.1 * truth(each, each.batch))
        for node in CHAIN.nodes
        for each in configurations_of(node.name, [GOOD], twice, [1, 2, 4, 8])
    }
    hedged, plain = (
        ran(
            CostScheduler(CHAIN, twice, known, OBJECTIVE, SchedulerOptions(hedging=hedging)),
            rate=60,
            seconds=8.0,
            really=straggling(4),
        )
        for hedging in (True, False)
    )
    assert 0 < hedged.clones <= 0.05 * len(hedged.batches)
    assert not plain.clones
    assert hedged.late() < 0.3 * plain.late()


def test_a_batch_is_repeated_once_elsewhere_and_within_the_budget() -> None:
    ours = scheduler()
    cloud = Configuration("detect", GOOD, "cloud", 1)
    running = Running(1, cloud, 1, sent=0.0, deadline=10.0)
    ours.sent(1, cloud, [1], now=0.0)
    wait = ours.hedge(running, now=0.001)
    assert isinstance(wait, HoldUntil)
    # The profile's 95th percentile is 16.5 ms.
    assert wait.time == pytest.approx(0.0165)
    assert ours.hedge(running, now=0.1) == Leave(LeaveReason.NO_BUDGET)
    for request in range(2, 200):
        ours.sent(request, cloud, [request], now=0.1)
    found = ours.hedge(running, now=0.1)
    assert isinstance(found, Clone)
    assert found.choice.configuration.backend == "edge"
    again = Running(1, cloud, 1, sent=0.0, deadline=10.0, clones=1)
    assert ours.hedge(again, now=0.1) == Leave(LeaveReason.REPEATED)
    hopeless = Running(1, cloud, 1, sent=0.0, deadline=0.11)
    assert ours.hedge(hopeless, now=0.1) == Leave(LeaveReason.TOO_LATE)
    large = Running(1, cloud, 16, sent=0.0, deadline=10.0)
    assert ours.hedge(large, now=0.2) == Leave(LeaveReason.NOWHERE)


def test_each_option_leaves_its_part_out() -> None:
    plain = SchedulerOptions(depth_priority=False, hedging=False, safe_deferral=False)
    ours, without = scheduler(), scheduler(plain)
    assert isinstance(ours.queue(8), DepthQueue)
    assert isinstance(without.queue(8), DeadlineQueue)
    cloud = Configuration("detect", GOOD, "cloud", 8)
    assert without.dispatch(Waiting(cloud, [5.0, 6.0], gap=0.01), now=0.0) == Dispatch(
        2, BatchReason.AT_ONCE
    )
    assert isinstance(ours.dispatch(Waiting(cloud, [5.0, 6.0], gap=0.01), now=0.0), HoldUntil)
    assert without.hedge(Running(1, cloud, 1, 0.0, 10.0), now=5.0) == Leave(LeaveReason.OFF)


def test_without_feedback_a_call_has_the_share_that_it_had_when_the_frame_was_new() -> None:
    even = SchedulerOptions(budget="proportional")
    fixed = SchedulerOptions(budget="proportional", feedback=False)
    for options, share in ((even, 0.1), (fixed, OBJECTIVE / 2)):
        found = scheduler(options).choose(Call(1, "detect", "yard", deadline=0.2), now=0.0)
        assert isinstance(found, Choice)
        assert found.due == pytest.approx(min(share, 0.2))


def test_each_decision_is_logged_with_what_it_was_about_and_why() -> None:
    ours = scheduler()
    call, cloud = Call(1, "detect", "yard", 0.5), Configuration("detect", GOOD, "cloud", 1)
    decided = ours.choose(call, now=0.25)
    waiting = Waiting(cloud, [0.4])
    sent = ours.dispatch(waiting, now=0.26)
    running = Running(1, cloud, 1, 0.26, 0.5)
    left = ours.hedge(running, now=0.4)
    logged = ours.log.drain()
    assert [(each.at, each.about, each.decision) for each in logged] == [
        (0.25, call, decided),
        (0.26, waiting, sent),
        (0.4, running, left),
    ]
    assert isinstance(decided, Choice)
    assert decided.reason.value == "the cheapest in time"
    assert ours.log.drain() == ()


def test_the_same_happenings_lead_to_the_same_decisions() -> None:
    logs = list[str]()
    for _ in range(2):
        ours = scheduler()
        ran(ours, rate=50, seconds=2.0, really=slowed)
        logs.append(repr(ours.log.drain()))
    assert logs[0] == logs[1]
    assert logs[0].count("Logged") > 100


def test_a_backend_that_refuses_is_left_alone_where_another_can_do_it() -> None:
    ours = scheduler()
    first = ours.choose(Call(1, "detect", "yard", 0.5), now=0.0)
    assert isinstance(first, Choice)
    assert first.configuration.backend == "edge"
    ours.sent(1, first.configuration, [1], now=0.0)
    ours.observe(first.configuration, 1, 0.001, False, now=0.001, request=1)
    second = ours.choose(Call(1, "detect", "yard", 0.5), now=0.002)
    later = ours.choose(Call(1, "detect", "yard", 100.5), now=100.0)
    assert isinstance(second, Choice)
    assert isinstance(later, Choice)
    assert (second.configuration.backend, later.configuration.backend) == ("cloud", "edge")


def test_where_all_backends_refuse_a_call_is_chosen_for_nevertheless() -> None:
    ours = scheduler()
    for request, backend in enumerate(("edge", "cloud")):
        one = Configuration("detect", GOOD, backend, 1)
        ours.sent(request, one, [request], now=0.0)
        ours.observe(one, 1, 0.001, False, now=0.0, request=request)
    assert isinstance(ours.choose(Call(1, "detect", "yard", 0.5), now=0.0), Choice)


def test_a_queue_that_a_backend_tells_of_is_avoided() -> None:
    ours = scheduler()
    ours.told("edge", 10, now=0.0)
    found = ours.choose(Call(1, "detect", "yard", 0.5), now=0.0)
    assert isinstance(found, Choice)
    assert found.configuration.backend == "cloud"


def test_a_cancelled_batch_is_waited_for_no_more() -> None:
    ours, edge = scheduler(), Configuration("detect", GOOD, "edge", 1)
    for request in range(6):
        ours.sent(request, edge, [request], now=0.0)
    assert ours.knowledge.load("edge").wait(0.0) == pytest.approx(0.36)
    for request in range(6):
        ours.cancelled(request, edge, now=0.0)
    assert ours.knowledge.load("edge").wait(0.0) == 0


def test_any_number_of_cameras_calls_and_requests_takes_a_bounded_memory() -> None:
    ours = scheduler()
    one = Configuration("detect", GOOD, "cloud", 1)
    for at in range(4500):
        now = at / 1000
        ours.arrived(f"c{at}", now)
        ours.choose(Call(at, "detect", f"c{at}", now + 0.5, at % 50 + 1), now)
        ours.branched(f"c{at}", "detect", "read", at % 7)
        ours.sent(at, one, [at], now)
    assert len(ours.log.drain()) == MOST_LOGGED
    assert ours.knowledge.load("cloud").outstanding <= 1024
    assert len(ours.knowledge._branches) <= 1024


def test_what_cannot_be_scheduled_is_refused() -> None:
    known = profile()
    with pytest.raises(FramemeshError, match="nothing is known of how to run read"):
        scheduler(known={each: prior for each, prior in known.items() if each.stage != "read"})
    with pytest.raises(FramemeshError, match="which is no backend: there are edge"):
        CostScheduler(CHAIN, [EDGE], known, OBJECTIVE)
    with pytest.raises(FramemeshError, match="there is no node cars"):
        scheduler().choose(Call(1, "cars", "yard", 0.5), now=0.0)
    with pytest.raises(FramemeshError, match="there is no backend moon"):
        scheduler().told("moon", 1, now=0.0)
    with pytest.raises(FramemeshError, match="was never profiled"):
        scheduler().sent(1, Configuration("detect", GOOD, "edge", 3), [1], now=0.0)
    with pytest.raises(InvalidOptions, match="quantile is 1"):
        SchedulerOptions(quantile=1.0)
