"""What the master that leads tells of workers and nodes."""

from framemesh.core.metrics import mesh
from framemesh.core.metrics.metric import Metric, Service
from framemesh.core.metrics.table import metrics_of
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.fleet.measurements import FleetMeasurements
from framemesh.master.fleet.port import FleetState, Replica, WorkerState
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.metrics.meter import Attributes, MemoryMeter

SPEC = PipelineSpec("street", (StageSpec("people", "person", 1),))
STREET = {"street": StoredPipeline(SPEC, Generation.of(1, SPEC), (), 1)}


def worker(number: int, state: WorkerState = WorkerState.READY, restarts: int = 0) -> Replica:
    return Replica(f"street-r1-{number}", "street", 1, "east", state, restarts=restarts)


class Bench:
    def __init__(self) -> None:
        self.meter = MemoryMeter(metrics_of(Service.MASTER))
        self.measurements = FleetMeasurements(self.meter, lambda _: 3)

    def see(self, *workers: Replica, cordoned: tuple[str, ...] = ()) -> None:
        state = FleetState(workers, nodes=frozenset({"east", "west"}))
        self.measurements.observed(STREET, state, cordoned)

    def values(self, metric: Metric) -> dict[Attributes, float]:
        return dict(next(m for m in self.meter.snapshot() if m.metric is metric).values)


def test_the_leader_tells_what_its_last_round_saw_and_others_nothing() -> None:
    bench = Bench()
    assert bench.values(mesh.LEADING) == {(): 0}
    with bench.measurements.leading():
        bench.see(worker(0), worker(1, WorkerState.STARTING), cordoned=("west",))
        assert bench.values(mesh.LEADING) == {(): 1}
        assert bench.values(mesh.WORKERS) == {("street", "wanted"): 3, ("street", "ready"): 1}
        assert bench.values(mesh.NODES) == {("open",): 1, ("cordoned",): 1}
    assert bench.values(mesh.WORKERS) == bench.values(mesh.NODES) == {}
    assert bench.values(mesh.LEADING) == {(): 0}


def test_restarts_count_from_when_a_worker_is_seen_first_and_stay_when_it_goes() -> None:
    bench = Bench()
    with bench.measurements.leading():
        bench.see(worker(0, restarts=5), worker(1))
        bench.see(worker(0, restarts=7), worker(1, restarts=1))
        bench.see(worker(1, restarts=1))
        bench.see(worker(0, restarts=9), worker(1, restarts=1))
    assert bench.values(mesh.WORKER_RESTARTS) == {("street",): 3}
