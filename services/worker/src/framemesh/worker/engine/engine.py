"""Wires inference together: Triton, the models on it, the graph that runs them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2

from framemesh.core.clock import Clock
from framemesh.core.graph.plan import compile_plan
from framemesh.core.metrics.frames import TRITON_HEALTHY, TRITON_RESTARTS
from framemesh.core.pipeline.delivery import DamagedPictures
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.concurrency.window import Window
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import NO_METER, Meter
from framemesh.runtime.processes import programs
from framemesh.runtime.processes.programs import TritonInstallation
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.engine.batch_costs import BatchCosts
from framemesh.worker.engine.batching import Batcher, Infer
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.engine.graph_executor import GraphExecutor
from framemesh.worker.engine.group_sizes import GroupSizes
from framemesh.worker.engine.measured_inference import MeasuredInference
from framemesh.worker.engine.stage import Stage
from framemesh.worker.engine.stage_requirements import StageRequirements, requirements_of
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.installation import kind
from framemesh.worker.triton.managed import ManagedTriton
from framemesh.worker.triton.orphan_cleanup import kill_processes, prefix_of, remove_memory
from framemesh.worker.triton.remote import RemoteTriton
from framemesh.worker.triton.repository import CPU
from framemesh.worker.triton.served_model import ServedModel
from framemesh.worker.triton.server import TritonInstance, TritonServer
from framemesh.worker.triton.statistics import TritonStatistics

log = get_logger()

MAX_IMAGES = 256
MAX_IMAGE_BYTES = 512 * 1024 * 1024
"""Of decoded images in memory: two of the largest, or two hundred of a usual camera."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The graph of a pipeline, and the Triton that its models run on."""

    graph: GraphExecutor
    triton: TritonServer
    rows: int
    """Frames that fit into the memory of the first node: with Triton, or on their way to it."""
    frames: int
    """Frames that keep all models busy. Each one more would only wait here, and could be with
    another worker."""
    groups: GroupSizes
    """How many of them are worked on together."""
    stages: Mapping[str, MeasuredInference]
    """What each stage did, by its name."""


def triton_log(data: Path) -> Path:
    """What its Triton prints, if it has one of its own."""
    return data / "triton" / "triton.log"


@asynccontextmanager
async def open_engine(
    spec: PipelineSpec,
    models: Mapping[str, LocalModel],
    data: Path,
    *,
    triton_address: str | None,
    cpus: int,
    clock: Clock,
    meter: Meter = NO_METER,
    triton_collector: str = "",
) -> AsyncIterator[Engine]:
    """An engine whose models have answered real inferences; what it starts ends with the context.

    Args:
        models: by the name of the stage.
        data: a folder that no other engine uses.
        triton_address: of a Triton that runs already; None starts one as a child process.
        cpus: number of frames that are decoded at once, and of instances of each model that runs
            on the CPU.
        triton_collector: URL of OTLP over HTTP for the spans of a Triton that it starts.

    Raises:
        InvalidGraph: the stages cannot be executed.
        ModelInvalid, UnknownDecoder: a model, its manifest and its decoder do not fit.
        TritonStartFailed: Triton does not start, or does not load a model.
        TritonUnavailable: the Triton at triton_address does not answer.
    """
    # Frames are decoded in parallel already; threads of OpenCV's own would only compete.
    cv2.setNumThreads(1)
    installation = programs.triton() if triton_address is None else None
    device = CPU if installation is None else kind(installation)
    # In a thread, as are all that read models or allocate memory: it takes a while.
    plans = await asyncio.to_thread(_planned, spec, models, cpus, device)
    prefix = prefix_of(data)
    await asyncio.to_thread(_remove_orphans, prefix)
    graph_plan = compile_plan(spec)
    rows = {plan.spec.name: plan.rows for plan in plans}
    images = Window(MAX_IMAGES, MAX_IMAGE_BYTES)
    client = TritonClient()
    with ExitStack() as memory:
        served: list[ServedModel] = []
        for plan in plans:
            served.append(await asyncio.to_thread(_served, plan, client, prefix, clock))
            # Also where the next model has no room, or Triton never starts.
            memory.callback(served[-1].close)
        source = _source(plans, installation, triton_address, data, triton_collector)
        triton = TritonServer(source, client, clock)
        statistics = TritonStatistics(client, meter, spec.name)
        bounds = {plan.spec.name: BatchBound(plan.policy.max_batch) for plan in plans}
        costs = BatchCosts(client, _by_model(plans, bounds))
        _observe(triton, meter, spec.name)
        try:
            await triton.start(served)

            measured: dict[str, MeasuredInference] = {}

            def infer(model: ServedModel, stage: str) -> Infer:
                to = partial(triton.infer, model)
                measured[stage] = MeasuredInference(to, meter, (spec.name, stage), clock)
                return measured[stage]

            async with (
                background_task(statistics.run()),
                background_task(costs.run()),
                _running(plans, served, triton, infer, bounds, cpus=cpus) as stages,
            ):
                refuse_damaged = spec.delivery.damaged is DamagedPictures.DEAD
                graph = GraphExecutor(
                    graph_plan, stages, images, zones=spec.zones, refuse_damaged=refuse_damaged
                )
                yield Engine(
                    graph,
                    triton,
                    rows[graph_plan.entry.id],
                    sum(plan.policy.frames for plan in plans),
                    _groups(plans, bounds[graph_plan.entry.id], cpus),
                    measured,
                )
        finally:
            await triton.stop()


@asynccontextmanager
async def _running(
    plans: Sequence[StageRequirements],
    served: Sequence[ServedModel],
    triton: TritonServer,
    infer: Callable[[ServedModel, str], Infer],
    bounds: Mapping[str, BatchBound],
    *,
    cpus: int,
) -> AsyncIterator[dict[str, Stage]]:
    """The stages by name, while Triton and the decode threads are supervised."""
    threads = DecodeThreads(cpus)
    try:
        async with TaskGroup() as tasks:
            watching = [tasks.create_task(each) for each in (triton.watch(), threads.watch())]
            try:
                yield {
                    plan.spec.name: _stage(
                        plan,
                        model,
                        infer(model, plan.spec.name),
                        bounds[plan.spec.name],
                        tasks=tasks,
                        threads=threads,
                    )
                    for plan, model in zip(plans, served, strict=True)
                }
            finally:
                for watch in watching:
                    watch.cancel()
                # Requests in progress end with the connection, not with their timeout.
                await triton.stop()
    finally:
        threads.close()


def _groups(plans: Iterable[StageRequirements], batch: BatchBound, cpus: int) -> GroupSizes:
    """As many as are decoded at once, and as Triton has requests of one group each."""
    return GroupSizes(cpus + sum(plan.policy.max_requests for plan in plans), batch)


def _by_model(
    plans: Iterable[StageRequirements], bounds: Mapping[str, BatchBound]
) -> dict[str, list[BatchBound]]:
    # Two stages may share a model.
    found: dict[str, list[BatchBound]] = {}
    for plan in plans:
        found.setdefault(plan.deployment.name, []).append(bounds[plan.spec.name])
    return found


def _observe(triton: TritonServer, meter: Meter, pipeline: str) -> None:
    meter.observe(TRITON_HEALTHY, lambda: {(pipeline,): triton.healthy})
    meter.observe(TRITON_RESTARTS, lambda: {(pipeline,): triton.restarts})


def _planned(
    spec: PipelineSpec, models: Mapping[str, LocalModel], cpus: int, device: str
) -> list[StageRequirements]:
    for stage in spec.stages:
        if stage.when is not None:
            # Parsed and compiled now, not with the first frame.
            _ = stage.when.test
    latency_bound = spec.delivery.fresh is not None
    return [
        requirements_of(stage, models[stage.name], cpus, device, latency_bound=latency_bound)
        for stage in spec.stages
    ]


def _source(
    plans: Iterable[StageRequirements],
    installation: TritonInstallation | None,
    address: str | None,
    data: Path,
    collector: str,
) -> TritonInstance:
    # Two stages may share a model.
    deployments = list({plan.deployment.name: plan.deployment for plan in plans}.values())
    if installation is None:
        return RemoteTriton(address or "", deployments)
    return ManagedTriton(
        installation,
        deployments,
        folder=triton_log(data).parent,
        prefix=prefix_of(data),
        collector=collector,
    )


def _remove_orphans(prefix: str) -> None:
    processes, files = kill_processes(prefix), remove_memory(prefix)
    if processes or files:
        log.info("removed orphans of a killed worker", processes=processes, shared_memory=files)


def _served(
    plan: StageRequirements, client: TritonClient, prefix: str, clock: Clock
) -> ServedModel:
    # Two stages may share a model, and each has memory of its own.
    region = f"{prefix}{plan.spec.name}"
    return ServedModel(plan.deployment, client, rows=plan.rows, region=region, clock=clock)


def _stage(
    plan: StageRequirements,
    model: ServedModel,
    infer: Infer,
    bound: BatchBound,
    *,
    tasks: TaskGroup,
    threads: DecodeThreads,
) -> Stage:
    return Stage(
        plan.spec.name,
        plan.deployment.manifest.labels,
        plan.preprocessor,
        plan.decoder_of,
        Batcher(infer, model.rows, plan.policy, tasks, stage=plan.spec.name, bound=bound),
        max_batch=plan.policy.max_batch,
        inputs=model.arena.inputs,
        threads=threads,
        result_bytes=plan.result_bytes,
    )
