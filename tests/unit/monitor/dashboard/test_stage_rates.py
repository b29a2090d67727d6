"""Rates of stages, from what workers say that they did."""

import pytest

from framemesh.api.worker.v1 import worker_pb2
from framemesh.monitor.dashboard.mesh.stage_rates import StageRates


def said(people: int, plates: int) -> worker_pb2.GetWorkerResponse:
    """Of a worker whose frames take 20 ms, and their crops 5 ms each."""
    stages = [
        worker_pb2.StageWork(name="people", inputs=people, triton_seconds=0.020 * people),
        worker_pb2.StageWork(name="plates", inputs=plates, triton_seconds=0.005 * plates),
    ]
    return worker_pb2.GetWorkerResponse(pipeline="street", stages=stages)


def test_a_stage_has_the_rates_of_all_its_workers() -> None:
    rates = StageRates()
    assert rates.rates() == {}
    rates.take({"a": said(100, 0)}, 10.0)
    assert rates.rates() == {}
    rates.take({"a": said(120, 50), "b": said(500, 500)}, 12.0)
    rates.take({"a": said(140, 100), "b": said(520, 500)}, 14.0)
    found = rates.rates()
    assert found["street", "people"].inputs_per_second == pytest.approx(10 + 10)
    assert found["street", "plates"].inputs_per_second == pytest.approx(25)
    assert found["street", "people"].triton_seconds == pytest.approx(0.020)
    assert found["street", "plates"].triton_seconds == pytest.approx(0.005)


def test_what_was_long_ago_does_not_count() -> None:
    rates = StageRates()
    for second in range(100):
        rates.take({"a": said(10 * second if second < 50 else 500, 0)}, float(second))
    assert rates.rates()["street", "people"].inputs_per_second == 0
    assert rates.rates()["street", "people"].triton_seconds is None


def test_a_worker_that_begins_anew_or_is_gone_takes_nothing_away() -> None:
    rates = StageRates()
    rates.take({"a": said(100, 100)}, 0.0)
    rates.take({"a": said(110, 110)}, 1.0)
    rates.take({"a": said(2, 0)}, 2.0)
    assert rates.rates() == {}
    rates.take({"a": said(12, 0)}, 3.0)
    assert rates.rates()["street", "people"].inputs_per_second == pytest.approx(10)
    rates.take({}, 4.0)
    assert rates.rates() == {}


def test_an_answer_that_is_still_the_last_one_is_no_standstill() -> None:
    rates, answer = StageRates(), said(20, 0)
    rates.take({"a": said(0, 0)}, 0.0)
    rates.take({"a": answer}, 2.0)
    rates.take({"a": answer}, 4.0)
    assert rates.rates()["street", "people"].inputs_per_second == pytest.approx(10)
