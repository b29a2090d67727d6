"""`framemesh trace` against a monitor and a Jaeger that answer as they are told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from framemesh.api.common.v1 import frame_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.core.frame import FrameId
from framemesh.core.tracing.frame_trace import frame_trace_id

OWN = frame_trace_id("street", FrameId("door", "a", 7))
SENDERS = "0af7651916cd43dd8448eb211c80319c"


def trace(trace_id: str) -> dict[str, Any]:
    span = {
        "traceID": trace_id,
        "spanID": "0000000000000001",
        "operationName": "frame street",
        "references": [],
        "startTime": 1_700_000_000_000_000,
        "duration": 35_000,
        "tags": [],
        "processID": "p1",
    }
    return {"spans": [span], "processes": {"p1": {"serviceName": "framemesh"}}}


@pytest.fixture
def jaeger(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What it keeps, by the id of the trace; and its page."""
    kept: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(kept.get("page", b"<title>Jaeger UI</title>"))
                return
            found = kept.get(self.path.rpartition("/")[2])
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"data": [found] if found else None}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("FRAMEMESH_JAEGER", f"http://127.0.0.1:{server.server_port}/")
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


def known(services: Any, trace_id: str = "", state: str = "FRAME_STATE_COMPLETED") -> None:
    frame = frame_pb2.FrameId(camera="door", session="a", sequence=7)
    services.known = [
        monitor_pb2.FrameRecord(
            frame=frame, state=monitor_pb2.FrameState.Value(state), trace_id=trace_id
        )
    ]


@pytest.mark.parametrize("told", ["", OWN, SENDERS])
def test_a_trace_is_found_by_what_the_outcome_tells_or_by_the_frame(
    run: Any, services: Any, jaeger: dict[str, Any], told: str
) -> None:
    known(services, told)
    jaeger[told or OWN] = trace(told or OWN)
    said = run("trace", "street", "door", "7")
    assert said.exit_code == 0
    assert "frame street  framemesh  0.0 ms  35.0 ms" in said.output
    assert said.output.rstrip().endswith(f"/trace/{told or OWN}")


def test_there_is_no_link_to_a_jaeger_without_a_page(
    run: Any, services: Any, jaeger: dict[str, Any]
) -> None:
    known(services, OWN)
    jaeger.update({OWN: trace(OWN), "page": b"a binary that was not compiled with the UI assets"})
    said = run("trace", "street", "door", "7")
    assert said.exit_code == 0
    assert said.output.rstrip().endswith(f"has no page; the id of the trace is {OWN}")


@pytest.mark.usefixtures("jaeger")
@pytest.mark.parametrize(
    ("told", "state", "line"),
    [
        ("", "UNKNOWN", "nothing is known of a frame 7 of door"),
        ("", "PENDING", "door/a/7 has no trace yet: it is in the buffer"),
        ("", "COMPLETED", "door/a/7 has no trace: it is none of those of tracing"),
        (OWN, "COMPLETED", "door/a/7 was traced, and Jaeger has no such trace"),
    ],
)
def test_why_a_frame_has_no_trace_is_told(
    run: Any, services: Any, told: str, state: str, line: str
) -> None:
    known(services, told, f"FRAME_STATE_{state}")
    said = run("trace", "street", "door", "7")
    assert said.exit_code == 1
    assert line in said.output


def test_a_jaeger_that_is_not_there_is_told(run: Any, services: Any) -> None:
    known(services, OWN)
    said = run("trace", "street", "door", "7", "--jaeger", "http://127.0.0.1:1")
    assert said.exit_code == 1
    assert "no Jaeger answers at http://127.0.0.1:1: " in said.output
    assert "set FRAMEMESH_JAEGER to the address of its page" in said.output
