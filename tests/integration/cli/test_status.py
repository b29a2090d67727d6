"""`framemesh status --watch` while the services come and go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from framemesh.api.master.v1 import pipeline_pb2
from tests.integration.cli.conftest import Services, serving

TIMEOUT_SECONDS = 30.0


def read_until(terminal: int, text: bytes) -> None:
    """Read what is shown on a pseudo-terminal up to `text`."""
    shown, deadline = b"", time.monotonic() + TIMEOUT_SECONDS
    while text not in shown:
        assert time.monotonic() < deadline, shown[-2000:]
        shown += os.read(terminal, 65536)


@contextmanager
def status_on_a_terminal(address: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    terminal, end = os.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "framemesh.cli", "status", "--watch"],
        env={
            **os.environ,
            "TERM": "xterm",
            "COLUMNS": "200",
            **{f"FRAMEMESH_{name}": address for name in ("MASTER", "MONITOR")},
        },
        stdout=end,
        stderr=end,
    )
    os.close(end)
    try:
        yield started, terminal
    finally:
        started.kill()
        started.wait()
        os.close(terminal)


def test_a_service_that_goes_is_said_below_what_was_known_and_comes_back() -> None:
    services = Services()  # type: ignore[abstract]  # no command calls the rest
    services.pipelines["street"] = pipeline_pb2.PipelineSpec(name="street")
    with ExitStack() as stack:
        with serving(services):
            status, terminal = stack.enter_context(status_on_a_terminal(services.address))
            read_until(terminal, b"revision 1")
        read_until(terminal, b"not up to date: nothing answers at")
        services.pipelines["yard"] = pipeline_pb2.PipelineSpec(name="yard")
        with serving(services, services.address):
            read_until(terminal, b"yard")
            status.send_signal(signal.SIGINT)
            assert status.wait(TIMEOUT_SECONDS) == 130
