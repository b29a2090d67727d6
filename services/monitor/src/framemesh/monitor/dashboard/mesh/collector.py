"""Asks master, ledgers and workers for the state of the mesh; one in trouble hides no other."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import TypeVar

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.api.worker.v1 import worker_pb2
from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.monitor.dashboard.mesh.master import ANSWER_SECONDS, MasterClient
from framemesh.monitor.dashboard.mesh.revision_models import RevisionCache
from framemesh.monitor.dashboard.mesh.stage_rates import StageRates
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.mesh.worker_loads import WorkerLoads
from framemesh.monitor.status.collector import StatusCollector
from framemesh.monitor.status.pipeline_status import PipelineStatus
from framemesh.runtime.concurrency.task_group import TaskGroup

T = TypeVar("T")

MAX_PIPELINES = 256
"""That are shown; the first by name."""


class MeshCollector:
    """Each round goes on from the state before: what cannot be had now stays, and is said."""

    def __init__(
        self, master: MasterClient, statuses: StatusCollector, loads: WorkerLoads, clock: Clock
    ) -> None:
        self._master = master
        self._statuses = statuses
        self._loads = loads
        self._clock = clock
        self._revisions = RevisionCache(master)
        self._stage_rates = StageRates()

    async def whole(self, before: MeshState, *, with_loads: bool) -> MeshState:
        """A round of everything; `with_loads`: of the workers' own figures as well."""
        problems: list[str] = []
        async with TaskGroup() as tasks:
            pipelines = tasks.create_task(_part(self._master.pipelines(), problems))
            nodes = tasks.create_task(_part(self._master.nodes(), problems))
            statuses = tasks.create_task(_part(self._statuses.all(), problems))
        found = pipelines.result()
        state = replace(
            before,
            at_unix_nano=self._clock.unix_nano(),
            pipelines=before.pipelines if found is None else _by_name(found),
            statuses=_by_pipeline(statuses.result(), before),
            nodes=before.nodes if nodes.result() is None else tuple(nodes.result() or ()),
        )
        if with_loads:
            await self._loads.ask(workers(state.nodes))
            loads = self._loads.answers
            self._stage_rates.take(_real(loads, state), self._clock.monotonic())
            state = replace(
                state,
                loads=loads,
                stage_rates=self._stage_rates.rates(),
                shadows=await self._shadows(state),
                models=await self._revisions.of(state.pipelines, workers(state.nodes)),
            )
        return replace(state, problems=tuple(dict.fromkeys(problems)))

    async def workers_only(self, before: MeshState) -> MeshState:
        """A round of what may change from one moment to the next."""
        nodes = await _part(self._master.nodes(), [])
        if nodes is None:
            return before
        return replace(before, at_unix_nano=self._clock.unix_nano(), nodes=tuple(nodes))

    async def _shadows(self, state: MeshState) -> dict[str, pipeline_pb2.ShadowReport]:
        reports: dict[str, pipeline_pb2.ShadowReport] = {}
        for name, pipeline in state.pipelines.items():
            if pipeline.spec.rollout.HasField("shadow"):
                report = await _part(self._master.shadow_report(name), [])
                if report is not None:
                    reports[name] = report
        return reports


def workers(nodes: tuple[node_pb2.NodeStatus, ...]) -> list[node_pb2.Worker]:
    """Of all nodes whose agents report."""
    return [
        worker
        for each in nodes
        if each.state != node_pb2.NODE_STATE_AWAY
        for worker in each.node.workers
    ]


def _real(
    loads: Mapping[str, worker_pb2.GetWorkerResponse], state: MeshState
) -> dict[str, worker_pb2.GetWorkerResponse]:
    """Of workers that make the outcomes: a shadow has stages of the same names."""
    roles = {worker.id: worker.role for worker in workers(state.nodes)}
    return {
        worker: said
        for worker, said in loads.items()
        if roles.get(worker) != node_pb2.WORKER_ROLE_SHADOW
    }


async def _part(asked: Coroutine[None, None, T], problems: list[str]) -> T | None:
    """None, and a line more in `problems`, where it cannot be had in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS + 0.5):
            return await asked
    except FramemeshError as error:
        problems.append(str(error))
    except TimeoutError:
        problems.append("the broker does not answer in time: what it knows is as it was before")
    return None


def _by_name(pipelines: list[pipeline_pb2.Pipeline]) -> dict[str, pipeline_pb2.Pipeline]:
    ordered = sorted(pipelines, key=lambda pipeline: pipeline.spec.name)[:MAX_PIPELINES]
    return {pipeline.spec.name: pipeline for pipeline in ordered}


def _by_pipeline(
    found: list[PipelineStatus] | None, before: MeshState
) -> "dict[str, PipelineStatus]":
    if found is None:
        return dict(before.statuses)
    return {status.pipeline: status for status in found[:MAX_PIPELINES]}
