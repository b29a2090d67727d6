"""Draws docs/top.svg: the screen of `framemesh top` before a mesh that is made up.

python -m tools.top_screenshot [FILE [COLUMNS ROWS]]
"""

import asyncio
import math
import re
import sys
from pathlib import Path

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.top import answers
from framemesh.cli.top.answers import MasterAnswer, MonitorAnswer
from framemesh.cli.top.app import Top

SECONDS = 80
"""That the screen has seen: more than its trends show."""

_REMOTE_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture in a repository loads nothing from elsewhere."""

READY, STARTING = node_pb2.WORKER_STATE_READY, node_pb2.WORKER_STATE_STARTING


class MadeUpMesh:
    """A second passes with each question to the monitor."""

    def __init__(self) -> None:
        self.seconds = 0

    def monotonic(self) -> float:
        return 1000.0 + self.seconds

    def unix_nano(self) -> int:
        return 0

    async def monitor(self) -> MonitorAnswer:
        self.seconds += 1
        return MonitorAnswer((self._street(), self._parking()))

    async def master(self) -> MasterAnswer:
        street = pipeline_pb2.PipelineSpec(name="street")
        parking = pipeline_pb2.PipelineSpec(name="parking-faces")
        parking.workers.objective.age_p99.FromSeconds(2)
        return MasterAnswer(
            (
                pipeline_pb2.Pipeline(spec=street, ready_workers=2, wanted_workers=2),
                pipeline_pb2.Pipeline(spec=parking, ready_workers=1, wanted_workers=2),
            ),
            (
                _node("edge-1", 8, 0.62, 16, gpus=0.78, workers={"street-r3-0": READY}),
                _node(
                    "hall", 16, 0.83, 64,
                    workers={"parking-faces-r7-0": READY, "parking-faces-r7-1": STARTING,
                             "street-r3-1": READY},
                ),
            ),
        )  # fmt: skip

    async def close(self) -> None:
        pass

    def _street(self) -> monitor_pb2.PipelineStatus:
        now = self.seconds
        cameras = [_camera(f"entrance-{n}", 25 * now, pending=2) for n in range(1, 7)]
        cameras.append(_camera("yard-north", 10 * now, pending=3, dead=now // 30))
        cameras.append(_camera("gate", 25 * min(now, 46), pending=0))
        return monitor_pb2.PipelineStatus(
            pipeline="street", cameras=cameras, dead_letters=now // 30,
            backlog=round(14 + 12 * math.sin(now / 8)), backlog_bytes=1_400_000,
            accepted_per_second=160.0, completed_per_second=159.4,
            age=monitor_pb2.AgePercentiles(p50_ms=34, p95_ms=61, p99_ms=88),
        )  # fmt: skip

    def _parking(self) -> monitor_pb2.PipelineStatus:
        backlog = 12 * max(0, self.seconds - 25)
        cameras = [_camera(f"deck-{n}", 15 * self.seconds, pending=backlog // 3) for n in (1, 2, 3)]
        return monitor_pb2.PipelineStatus(
            pipeline="parking-faces", cameras=cameras,
            backlog=backlog, backlog_bytes=100_000 * backlog,
            accepted_per_second=45.0, completed_per_second=33.1,
            age=monitor_pb2.AgePercentiles(p50_ms=840, p95_ms=2300, p99_ms=2600),
        )  # fmt: skip


def _camera(name: str, offered: int, *, pending: int, dead: int = 0) -> monitor_pb2.CameraLedger:
    offered += 40_000
    done = offered - pending - dead
    return monitor_pb2.CameraLedger(
        camera=name, offered=offered, accepted=offered, done=done, dead=dead, pending=pending
    )


def _node(
    name: str,
    cpus: int,
    used: float,
    gib: int,
    *,
    workers: "dict[str, node_pb2.WorkerState.ValueType]",
    gpus: float = 0.0,
) -> node_pb2.NodeStatus:
    node = node_pb2.Node(
        name=name, cpus=cpus, cpu_used=used, memory_bytes=gib << 30,
        memory_used_bytes=round(used * gib * 0.7) << 30, disk_bytes=500 << 30,
        disk_used_bytes=140 << 30, gpus=[node_pb2.Gpu(used=gpus)] if gpus else [],
        workers=[node_pb2.Worker(id=id_, state=state) for id_, state in workers.items()],
    )  # fmt: skip
    return node_pb2.NodeStatus(node=node, state=node_pb2.NODE_STATE_READY)


async def draw(file: Path, size: tuple[int, int]) -> None:
    """Write the screen as it is after SECONDS."""
    answers.REFRESH_SECONDS = 0.01
    mesh = MadeUpMesh()
    top = Top(lambda: mesh, master="127.0.0.1:7402", monitor="127.0.0.1:7403", clock=mesh)
    async with top.run_test(size=size) as pilot:
        while mesh.seconds < SECONDS:
            await pilot.pause(0.01)
        drawing = top.export_screenshot(title="framemesh top")
    await asyncio.to_thread(file.write_text, _REMOTE_FONT.sub("", drawing))


if __name__ == "__main__":
    file, *size = sys.argv[1:] or ["docs/top.svg"]
    columns, rows = map(int, size or (110, 24))
    asyncio.run(draw(Path(file), (columns, rows)))
