"""When a mesh works again after a fault."""

import asyncio
import contextlib
import time
from collections.abc import Sequence

import grpc.aio

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from tests.chaos.faults.fault import Sign
from tests.chaos.ledger.record import Record
from tests.chaos.scene import Scene

LOCK_TIMEOUT_SECONDS = 30.0
"""A mesh that does not work again after so long never will."""

POLL_SECONDS = 0.05
CALL_TIMEOUT_SECONDS = 1.0


async def recovered(scene: Scene, sign: Sign, ended_unix_nano: int) -> int | None:
    """When the mesh worked again after a fault that ended then; None: it does not."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
            while True:
                if sign is Sign.FRAMES:
                    at = frames_again(scene.streams.live, scene.names, ended_unix_nano)
                else:
                    at = await _answers_again(scene, sign)
                if at is not None:
                    return at
                await asyncio.sleep(POLL_SECONDS)
    return None


def frames_again(record: Record, cameras: Sequence[str], after_unix_nano: int) -> int | None:
    """When each of the cameras had a frame done that it took after that."""
    first: dict[str, int] = {}
    for sealed in reversed(record.outcomes):
        if sealed.stored_unix_nano < after_unix_nano:
            break
        if sealed.fate == "done" and sealed.captured_unix_nano > after_unix_nano:
            first[sealed.frame.camera] = sealed.stored_unix_nano
    return max(first[name] for name in cameras) if first.keys() >= set(cameras) else None


async def _answers_again(scene: Scene, sign: Sign) -> int | None:
    run, name = scene.mesh.run, scene.spec.name
    try:
        if sign is Sign.MASTER:
            async with grpc.aio.insecure_channel(run.master) as channel:
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
