"""What is known of backends, models and cameras."""

import pytest

from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.call_graph import CallGraph, CallNode
from framemesh.core.scheduling.configuration import Configuration, Variant
from framemesh.core.scheduling.knowledge import Knowledge
from framemesh.core.scheduling.latency.latency import LatencyPrior

CHAIN = CallGraph((CallNode("detect"), CallNode("read", ("detect",), item_bytes=1000)))
CLOUD = Backend("cloud", capacity=4, rtt=0.01, seconds_per_byte=1e-6)
DETECT, READ = (Configuration(node.name, Variant("any"), "cloud", 2) for node in CHAIN.nodes)
PRIOR = LatencyPrior(0.1, 0.12)


def known(*, deepest_first: bool = True) -> Knowledge:
    return Knowledge(CHAIN, [CLOUD], {DETECT: PRIOR, READ: PRIOR}, deepest_first=deepest_first)


def test_what_waits_here_is_worked_off_by_all_that_a_backend_runs_at_once() -> None:
    knowledge = known()
    for call in range(8):
        knowledge.backlog.assign(call, DETECT, 0.1)
    # Four batches, four at once.
    assert knowledge.waits("detect", now=0.0) == pytest.approx([0.1])


def test_what_is_in_front_of_a_call_depends_on_the_order() -> None:
    for deepest_first, wait in ((True, 0.0), (False, 0.025)):
        knowledge = known(deepest_first=deepest_first)
        knowledge.backlog.assign(1, DETECT, 0.1)
        assert knowledge.waits("read", now=0.0) == pytest.approx([wait])


def test_sizes_of_one_deployment_learn_together() -> None:
    one = Configuration("detect", Variant("any"), "cloud", 1)
    knowledge = Knowledge(CHAIN, [CLOUD], {DETECT: PRIOR, one: PRIOR, READ: PRIOR})
    for _ in range(20):
        knowledge.took(one, 1, 0.3, now=0.0)
    assert knowledge.mean(DETECT, 2, now=0.0) == pytest.approx(0.3, rel=0.05)
    assert knowledge.mean(READ, 2, now=0.0) == pytest.approx(0.1)


def test_a_transfer_is_of_all_inputs_of_a_batch() -> None:
    assert known().transfer(READ, 2) == pytest.approx(0.01 + 0.002)
    assert known().transfer(DETECT, 2) == pytest.approx(0.01)


def test_the_envelope_of_the_frames_is_for_sizing() -> None:
    knowledge = known()
    for at in range(40):
        knowledge.arrived(at / 10)
    assert knowledge.frames_per_second(4.0) == pytest.approx(10, rel=0.05)
    assert knowledge.envelope()[64.0] == 40
