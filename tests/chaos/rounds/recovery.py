"""Detects when a mesh has recovered from a fault."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import grpc.aio

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common.calls import MASTER
from framemesh.runtime.rpc.channel import leader_channel
from tests.chaos.faults.fault import RecoverySignal
from tests.chaos.ledger.record import Record
from tests.chaos.mesh.system_under_test import SystemUnderTest

LOCK_TIMEOUT_SECONDS = 30.0
"""Timeout after which a mesh counts as not recovered."""

POLL_SECONDS = 0.05
CALL_TIMEOUT_SECONDS = 1.0


async def recovered(
    system: SystemUnderTest, recovery_signal: RecoverySignal, ended_unix_nano: int
) -> int | None:
    """When the mesh had recovered from a fault that ended then; None: it did not."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
            while True:
                if recovery_signal is RecoverySignal.FRAMES:
                    at = frames_again(system.streams.live, system.names, ended_unix_nano)
                elif recovery_signal is RecoverySignal.SINK:
                    at = await _written_again(system, ended_unix_nano)
                else:
                    at = await _answers_again(system, recovery_signal)
                if at is not None:
                    return at
                await asyncio.sleep(POLL_SECONDS)
    return None


def frames_again(record: Record, cameras: Sequence[str], after_unix_nano: int) -> int | None:
    """When each of the cameras had a frame done that was captured after that."""
    first: dict[str, int] = {}
    for outcome in reversed(record.outcomes):
        if outcome.stored_unix_nano < after_unix_nano:
            break
        if outcome.fate == "done" and outcome.captured_unix_nano > after_unix_nano:
            first[outcome.frame.camera] = outcome.stored_unix_nano
    return max(first[name] for name in cameras) if first.keys() >= set(cameras) else None


async def _written_again(system: SystemUnderTest, after_unix_nano: int) -> int | None:
    if system.sink is None:
        raise ValueError("this mesh has no sink")
    newest = await asyncio.to_thread(system.sink.newest_capture)
    return time.time_ns() if newest > after_unix_nano else None


async def _answers_again(system: SystemUnderTest, recovery_signal: RecoverySignal) -> int | None:
    run, name = system.mesh.run, system.spec.name
    try:
        if recovery_signal is RecoverySignal.MASTER:
            async with leader_channel(run.master, MASTER) as channel:
                await pipeline_pb2_grpc.PipelineServiceStub(channel).GetPipeline(
                    pipeline_pb2.GetPipelineRequest(name=name), timeout=CALL_TIMEOUT_SECONDS
                )
        else:
            async with grpc.aio.insecure_channel(run.monitor) as channel:
                await monitor_pb2_grpc.MonitorServiceStub(channel).GetStatus(
                    monitor_pb2.GetStatusRequest(pipeline=name), timeout=CALL_TIMEOUT_SECONDS
                )
    except grpc.aio.AioRpcError:
        return None
    return time.time_ns()
