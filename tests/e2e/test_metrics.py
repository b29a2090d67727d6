"""Every metric of the table, from the processes of a real mesh that did something."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.metrics import frames
from framemesh.core.metrics import mesh as of_mesh
from framemesh.core.metrics.metric import Kind, Metric, Service
from framemesh.core.metrics.process import CALLS_REFUSED, SPANS_DROPPED
from framemesh.core.metrics.sinks import SINKS
from framemesh.core.metrics.table import metrics_of
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.e2e.mesh import ROOT, Mesh
from tests.waiting import eventually

UNUSUAL = {
    # Nothing was scaled.
    of_mesh.SCALER_DECISIONS,
    # There is no sink, and no collector of traces.
    *SINKS,
    SPANS_DROPPED,
    # No caller was refused, and there are no tokens.
    frames.INGEST_REFUSALS,
    CALLS_REFUSED,
}
"""Metrics without a series in a mesh where all goes well."""

SPEC = PipelineSpec(
    "street",
    (StageSpec("people", "person", 1),),
    delivery=DeliverySpec(order=Order.PER_CAMERA),
)


class Pages:
    """The pages of the processes of one mesh."""

    def __init__(self, ports: Ports) -> None:
        self._addresses = {
            Service.INGEST: ports.metrics(ports.ingest),
            Service.MASTER: ports.metrics(ports.master),
            Service.MONITOR: ports.metrics(ports.monitor),
            Service.AGENT: ports.metrics(ports.agent),
            Service.SINK: ports.metrics(ports.sink),
            Service.WORKER: ports.metrics(f"127.0.0.1:{ports.first_worker}"),
        }

    async def of(self, service: Service) -> str:
        async with httpx.AsyncClient(timeout=10) as client:
            return (await client.get(f"http://{self._addresses[service]}/metrics")).text

    async def missing(self, service: Service) -> list[str]:
        """Metrics of which the page has no series."""
        page = await self.of(service)
        return [
            metric.name
            for metric in metrics_of(service)
            if metric not in UNUSUAL and not _has(page, metric)
        ]


def _has(page: str, metric: Metric) -> bool:
    end = "_count" if metric.kind is Kind.HISTOGRAM else ""
    name = f"{metric.prometheus_name}{end}"
    return any(line.startswith((f"{name} ", f"{name}{{")) for line in page.splitlines())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pages(
    tmp_path_factory: pytest.TempPathFactory, jpegs: list[bytes]
) -> AsyncIterator[Pages]:
    data, ports = tmp_path_factory.mktemp("mesh"), Ports.free()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FRAMEMESH_MONITOR_METRICS_CAMERAS", "10")
        async with running_mesh(data, ports, store_max_bytes=4 * 1024**3) as run:
            running = Mesh(run)
            await running.add_model(ROOT / "models/person")
            await running.apply(SPEC)
            await running.push("street", "north", [*jpegs[:20], b"no image"])
            await running.outcomes("street", 21)
            yield Pages(ports)


@pytest.mark.parametrize("service", Service, ids=lambda service: service.value)
@pytest.mark.asyncio(loop_scope="session")
async def test_a_process_tells_each_of_its_metrics(pages: Pages, service: Service) -> None:
    # Some are asked of others only once somebody reads them.
    await eventually(lambda: pages.missing(service), 30, until=lambda missing: not missing)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_metrics_of_frames_agree_with_what_was_sent(pages: Pages) -> None:
    worker, ingest = await pages.of(Service.WORKER), await pages.of(Service.INGEST)
    done = (
        f'{frames.FRAME_OUTCOMES.prometheus_name}{{fate="done",pipeline="street",reason=""}} 20.0'
    )
    assert done in worker
    for result, count in (("accepted", 20), ("rejected", 1)):
        name = frames.INGEST_FRAMES.prometheus_name
        assert f'{name}{{pipeline="street",result="{result}"}} {count}.0' in ingest
    for hop in ("ingest", "dwell", "queue", "decode", "batch", "triton", "outcome"):
        name = f"{frames.FRAME_HOP.prometheus_name}_count"
        assert f'{name}{{hop="{hop}",pipeline="street"}} 20.0' in worker


@pytest.mark.parametrize("service", Service, ids=lambda service: service.value)
@pytest.mark.asyncio(loop_scope="session")
async def test_promtool_has_nothing_against_the_page(pages: Pages, service: Service) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = await asyncio.to_thread(_checked, promtool, await pages.of(service))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def _checked(promtool: str, page: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [promtool, "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
