"""What a service imports is what it takes to be back after a crash."""

import subprocess
import sys

import pytest

SERVICES = ("ingest", "master", "monitor", "worker", "agent", "sink")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_imports_nothing_heavy_that_it_does_not_need(service: str) -> None:
    heavy = {"rich", "pydantic_settings", "onnx", "typer", "yaml", "lark"}
    needless = (
        heavy
        if service.startswith("worker")
        else heavy | {"numpy", "cv2", "pyarrow", "httpx", "aiomqtt"}
    )
    script = f"import sys, framemesh.{service}.__main__ as _; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert needless.isdisjoint(done.stdout.split())


def test_the_health_check_of_a_container_imports_next_to_nothing() -> None:
    """Each is a process of its own, every few seconds of each container."""
    script = "import sys, framemesh.runtime.rpc.probe as _; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    heavy = {"grpc", "asyncio", "google.protobuf", "dataclasses", "pathlib", "ssl"}
    assert heavy.isdisjoint(done.stdout.split())
