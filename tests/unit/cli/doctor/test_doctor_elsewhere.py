"""What the mesh uses and others run: a Triton, a collector, a Jaeger; and what Prometheus reads."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from framemesh.cli.doctor.checks import triton
from framemesh.cli.doctor.checks.observability import collector as traces
from framemesh.cli.doctor.checks.observability import metrics
from framemesh.cli.doctor.finding import Status
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.local.ports import METRICS, Ports
from framemesh.runtime.processes.ports import free_block
from tests.collector import collector
from tests.healthy import healthy

GOOD, NOTE, WARNING, PROBLEM = Status.GOOD, Status.NOTE, Status.WARNING, Status.PROBLEM

PAGE = b"process_cpu_seconds_total 1.0"


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRAMEMESH_OTLP", "OTEL_EXPORTER_OTLP_ENDPOINT", "FRAMEMESH_JAEGER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pages() -> Iterator[tuple[int, dict[str, bytes]]]:
    """The port of an HTTP server, and what it has by path."""
    known: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = known.get(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", free_block(METRICS + 1) + METRICS), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port, known
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_triton_elsewhere_says_how_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def status(address: str) -> Status:
        monkeypatch.setenv("FRAMEMESH_WORKER_TRITON", address)
        (found,) = await triton.examine(Surroundings(tmp_path, Ports()))
        assert address in found.words
        assert found.remedy or found.status is GOOD
        return found.status

    async with healthy() as well, healthy(serving=False) as ill:
        assert [await status(well), await status(ill)] == [GOOD, PROBLEM]
    assert [await status("127.0.0.1:1"), await status("gpu-1")] == [PROBLEM, PROBLEM]


async def test_a_collector_that_takes_traces_is_good_and_gets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Surroundings(tmp_path, Ports())
    assert [each.status for each in await traces.examine(around)] == [NOTE]
    async with collector() as running:
        monkeypatch.setenv("FRAMEMESH_OTLP", running.address)
        assert [each.status for each in await traces.examine(around)] == [GOOD]
        assert not running.spans
    async with healthy() as other:
        monkeypatch.setenv("FRAMEMESH_OTLP", other)
        (found,) = await traces.examine(around)
        assert found.status is PROBLEM
        assert f"the collector at {other} takes no traces" in found.words


async def test_a_jaeger_is_asked_and_one_without_a_page_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages: tuple[int, dict[str, bytes]]
) -> None:
    port, known = pages
    around = Surroundings(tmp_path, Ports())
    monkeypatch.setenv("FRAMEMESH_JAEGER", f"http://user:secret@127.0.0.1:{port}")
    (found,) = await traces.examine(around)
    assert found.status is PROBLEM
    assert "secret" not in found.words
    monkeypatch.setenv("FRAMEMESH_JAEGER", f"http://127.0.0.1:{port}")
    known["/api/services"] = json.dumps({"data": ["framemesh"]}).encode()
    assert [each.status for each in await traces.examine(around)] == [NOTE]
    known["/"] = known[""] = b"<title>Jaeger UI</title>"
    assert [each.status for each in await traces.examine(around)] == [GOOD]


async def test_each_service_has_a_page_of_metrics(
    tmp_path: Path, pages: tuple[int, dict[str, bytes]]
) -> None:
    port, known = pages
    services = {"ingest": f"127.0.0.1:{port - METRICS}"}
    around = Surroundings(tmp_path, Ports(), supervisor=1, services=services)
    (found,) = await metrics.examine(around)
    assert found.status is WARNING
    assert f"ingest has no metrics at 127.0.0.1:{port}" in found.words
    known["/metrics"] = PAGE
    assert [each.status for each in await metrics.examine(around)] == [GOOD]
    known["/metrics"] = b"of somebody else"
    (found,) = await metrics.examine(around)
    assert "another program answers there" in found.words
    nothing = Surroundings(tmp_path, Ports())
    assert [each.status for each in await metrics.examine(nothing)] == [NOTE]


def test_pages_are_where_services_were_told_to_have_them() -> None:
    services = {"ingest": "127.0.0.1:7401", "sink": "127.0.0.1:7407", "agent": "127.0.0.1:7405"}
    told = {"FRAMEMESH_SINK_METRICS": "127.0.0.1:9464", "FRAMEMESH_AGENT_METRICS": ""}
    assert dict(metrics.addresses(services, told)) == {
        "ingest": "127.0.0.1:7501",
        "sink": "127.0.0.1:9464",
    }
