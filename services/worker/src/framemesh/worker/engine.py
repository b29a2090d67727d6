"""Everything that looks at frames, put together: Triton, the models on it, the graph over them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import structlog

from framemesh.core.clock import Clock
from framemesh.core.model import ModelManifest
from framemesh.core.pipeline import PipelineSpec, StageSpec
from framemesh.runtime.processes import programs
from framemesh.runtime.window import Window
from framemesh.worker.batching import Batcher, BatchPolicy
from framemesh.worker.decoders.decoder import Decoder
from framemesh.worker.fitness import fit
from framemesh.worker.graph import Graph
from framemesh.worker.preparation import Preparation
from framemesh.worker.stage import Stage
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.given import GivenTriton
from framemesh.worker.triton.installation import kind
from framemesh.worker.triton.leftovers import kill_processes, prefix_of, remove_memory
from framemesh.worker.triton.own import OwnTriton
from framemesh.worker.triton.repository import CPU, Deployment
from framemesh.worker.triton.served_model import ServedModel
from framemesh.worker.triton.server import Source, TritonServer

log = structlog.get_logger()

MAX_MEMORY_BYTES = 256 * 1024 * 1024
"""Of the inputs and outputs of one stage. Fewer rows only mean fewer frames at once."""

MAX_PICTURES = 256
MAX_PICTURE_BYTES = 512 * 1024 * 1024
"""Decoded, of all stages: two of the largest, or two hundred of a common camera."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """One version of a model whose ONNX file is on this machine."""

    manifest: ModelManifest
    version: int
    onnx: Path


@dataclass(frozen=True, slots=True)
class Engine:
    """What looks at frames, and the Triton that it looks with."""

    graph: Graph
    triton: TritonServer


@dataclass(frozen=True, slots=True)
class _Plan:
    """A stage before its Triton runs; making one finds all that cannot fit."""

    spec: StageSpec
    deployment: Deployment
    preparation: Preparation
    decoder: Decoder
    policy: BatchPolicy
    rows: int


@asynccontextmanager
async def open_engine(
    spec: PipelineSpec,
    models: Mapping[str, LocalModel],
    data: Path,
    *,
    triton_address: str | None,
    cpus: int,
    clock: Clock,
) -> AsyncIterator[Engine]:
    """An engine that has answered real inferences; all that it started ends with the context.

    Args:
        models: by the name of the stage.
        data: a folder that no other engine uses.
        triton_address: of a Triton that runs already; None starts our own.
        cpus: as many frames are decoded at once, and each model has as many instances.

    Raises:
        ModelMisfit, UnknownDecoder: a model, its manifest and its decoder do not fit.
        TritonStartFailed: Triton does not start, or does not load a model.
        TritonUnavailable: the given Triton does not answer.
    """
    # Frames are decoded side by side; OpenCV's own threads would only compete.
    cv2.setNumThreads(1)
    installation = programs.triton() if triton_address is None else None
    device = CPU if installation is None else kind(installation)
    plans = [_plan(stage, models[stage.name], cpus, device) for stage in spec.stages]
    # Two stages may share a model.
    deployments = list({plan.deployment.name: plan.deployment for plan in plans}.values())
    prefix = prefix_of(data)
    await asyncio.to_thread(_sweep, prefix)
    source: Source
    if installation is None:
        source = GivenTriton(triton_address or "", deployments)
    else:
        source = OwnTriton(installation, deployments, folder=data / "triton", prefix=prefix)
    client = TritonClient()
    served = [_served(plan, client, prefix, clock) for plan in plans]
    triton = TritonServer(source, client, clock)
    pictures = Window(MAX_PICTURES, MAX_PICTURE_BYTES)
    try:
        await triton.start(served)
        with ThreadPoolExecutor(cpus, "decode") as pool:
            async with asyncio.TaskGroup() as tasks:
                watch = tasks.create_task(triton.watch())
                stages = [
                    _stage(plan, model, triton, tasks, pool)
                    for plan, model in zip(plans, served, strict=True)
                ]
                try:
                    yield Engine(Graph(stages, pictures), triton)
                finally:
                    watch.cancel()
                    # Requests under way end with the connection, not with their timeout.
                    await triton.stop()
    finally:
        await triton.stop()


def _sweep(prefix: str) -> None:
    processes, files = kill_processes(prefix), remove_memory(prefix)
    if processes or files:
        log.info("swept what a killed worker left", processes=processes, shared_memory=files)


def _plan(stage: StageSpec, model: LocalModel, cpus: int, device: str) -> _Plan:
    manifest = model.manifest
    fitting = fit(manifest, model.onnx)
    signature = fitting.signature
    instances = manifest.instances or (cpus if device == CPU else 1)
    picture_bytes = signature.inputs[0].picture_bytes + sum(
        max(0, output.picture_bytes) for output in signature.outputs
    )
    affordable = max(1, MAX_MEMORY_BYTES // picture_bytes)
    policy = BatchPolicy(
        max_batch=min(manifest.max_batch, affordable),
        max_delay_seconds=stage.max_delay_ms / 1000,
        instances=instances,
    )
    # Enough for what is with Triton and, meanwhile, for what is decoded or waits to fill a batch.
    wanted = policy.max_requests * policy.max_batch + max(policy.max_batch, 2 * cpus)
    return _Plan(
        spec=stage,
        deployment=Deployment(
            manifest, model.version, model.onnx, signature, instances=instances, kind=device
        ),
        preparation=fitting.preparation,
        decoder=fitting.decoder,
        policy=policy,
        rows=min(wanted, affordable),
    )


def _served(plan: _Plan, client: TritonClient, prefix: str, clock: Clock) -> ServedModel:
    # Two stages may share a model, and each has memory of its own.
    region = f"{prefix}{plan.spec.name}"
    return ServedModel(plan.deployment, client, rows=plan.rows, region=region, clock=clock)


def _stage(
    plan: _Plan,
    model: ServedModel,
    triton: TritonServer,
    tasks: asyncio.TaskGroup,
    pool: ThreadPoolExecutor,
) -> Stage:
    return Stage(
        plan.spec,
        plan.deployment.manifest.labels,
        plan.preparation,
        plan.decoder,
        Batcher(partial(triton.infer, model), model.rows, plan.policy, tasks),
        max_batch=plan.policy.max_batch,
        inputs=model.tray.inputs,
        pool=pool,
    )
