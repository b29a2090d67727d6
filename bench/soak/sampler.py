"""Reads every process of a mesh, its ledger and its broker."""

import contextlib
from collections.abc import Iterator, Sequence

import grpc.aio
import httpx
import psutil

from bench.cpu import role
from bench.soak.samples import LedgerSample, ProcessSample
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc

ANSWER_SECONDS = 10.0
"""For one answer of the monitor or the broker, on a machine that has much else to do."""

COUNTS = ("offered", "accepted", "rejected", "done", "expired", "superseded", "dead", "pending")


def process_samples(roots: Sequence[int], at: float) -> Iterator[ProcessSample]:
    """Of some processes and all below them."""
    for root in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(root)
            for each in [process, *process.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    yield _sample(each, at)


def _sample(process: psutil.Process, at: float) -> ProcessSample:
    with process.oneshot():
        times = process.cpu_times()
        return ProcessSample(
            at,
            role(process),
            process.pid,
            process.memory_info().rss // 1024,
            process.num_fds(),
            process.num_threads(),
            times.user + times.system,
        )


class Books:
    """The ledger of one pipeline, as the monitor tells it, and what the broker tells of itself."""

    def __init__(self, channel: grpc.aio.Channel, pipeline: str, broker_http: str) -> None:
        """`broker_http`: host:port of the broker's status pages."""
        self._monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
        self._pipeline = pipeline
        self._broker = broker_http

    async def sample(self, at: float) -> LedgerSample:
        """
        Raises:
            grpc.aio.AioRpcError, httpx.HTTPError: one of them does not answer.
        """
        request = monitor_pb2.GetStatusRequest(pipeline=self._pipeline)
        answer = await self._monitor.GetStatus(request, timeout=ANSWER_SECONDS)
        (status,) = answer.pipelines
        cameras = [*status.cameras, status.retired]
        sums = {name: sum(getattr(each, name) for each in cameras) for name in COUNTS}
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as client:
            memory = (await client.get(f"http://{self._broker}/varz")).json()["mem"]
            disk = (await client.get(f"http://{self._broker}/jsz")).json()["storage"]
        return LedgerSample(
            at,
            **sums,
            duplicates=status.duplicate_outcomes,
            age_p99_ms=status.age.p99_ms,
            broker_rss_kib=memory // 1024,
            broker_disk_kib=disk // 1024,
        )
