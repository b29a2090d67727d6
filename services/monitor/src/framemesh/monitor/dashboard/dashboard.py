"""Wires the dashboard together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.monitor.dashboard.api.cameras import CameraEndpoints
from framemesh.monitor.dashboard.api.dead_letters import DeadLetterEndpoints
from framemesh.monitor.dashboard.api.frames import FrameEndpoints
from framemesh.monitor.dashboard.api.pictures import PictureEndpoints
from framemesh.monitor.dashboard.api.pipelines import PipelineEndpoints
from framemesh.monitor.dashboard.api.trace_links import TraceLinks
from framemesh.monitor.dashboard.application import application
from framemesh.monitor.dashboard.http.access import DashboardAccess
from framemesh.monitor.dashboard.http.page import Page
from framemesh.monitor.dashboard.http.server import http_server
from framemesh.monitor.dashboard.http.token import TokenCheck
from framemesh.monitor.dashboard.kept_running import kept_running
from framemesh.monitor.dashboard.live.endpoint import LiveEndpoint
from framemesh.monitor.dashboard.live.sources import LiveSources
from framemesh.monitor.dashboard.mesh.camera_activity import CameraActivity
from framemesh.monitor.dashboard.mesh.collector import MeshCollector
from framemesh.monitor.dashboard.mesh.master import PIPELINE_SERVICE, MasterClient
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.mesh.watch import MeshWatch
from framemesh.monitor.dashboard.mesh.worker_loads import WorkerLoads
from framemesh.monitor.dashboard.pictures.kept import KeptPictures
from framemesh.monitor.dashboard.pictures.pace import Pace
from framemesh.monitor.dashboard.pictures.wall import Wall
from framemesh.monitor.dashboard.pictures.workshop import Workshop
from framemesh.monitor.dashboard.samples.decisions import Decisions
from framemesh.monitor.dashboard.samples.history import History
from framemesh.monitor.lookup.dead_letters import DeadLetters
from framemesh.monitor.lookup.frames import FrameLookup
from framemesh.monitor.lookup.outcome_pages import OutcomePages
from framemesh.monitor.lookup.waiting_frames import WaitingFrames
from framemesh.monitor.settings import Settings
from framemesh.monitor.status.collector import StatusCollector
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.connect_options import is_loopback
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.cpus import usable_cpus
from framemesh.runtime.rpc.channel import leader_channel

log = get_logger()


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What the dashboard shares with the rest of the monitor."""

    broker: Broker
    pipelines: PipelineStore
    statuses: StatusCollector
    dead_letters: DeadLetters
    frames: FrameLookup
    outcomes: OutcomePages


@asynccontextmanager
async def dashboard(settings: Settings, ledgers: Ledgers, clock: Clock) -> AsyncIterator[None]:
    """Serve the dashboard while the context lasts.

    Raises:
        AddressTaken: something else listens on settings.http.
    """
    channel = leader_channel(settings.master, PIPELINE_SERVICE, settings.connect)
    async with channel, TaskGroup() as tasks:
        master = MasterClient(channel, settings.master)
        with closing(Workshop(Pace(usable_cpus()))) as workshop:
            loads = WorkerLoads(settings.connect)
            history, activity, kept = History(), CameraActivity(), KeptPictures(clock)

            async def on_state(state: MeshState) -> MeshState:
                await asyncio.to_thread(activity.add, state)
                kept.forget_old()
                return history.add(state)

            watch = MeshWatch(MeshCollector(master, ledgers.statuses, loads, clock), on_state)
            decisions = Decisions(master)
            wall = Wall(ledgers.broker, kept, clock, workshop=workshop, tasks=tasks)
            access = DashboardAccess(
                settings.connect.gatekeeper, TokenCheck(settings.dashboard_token)
            )
            served = application(
                access=access,
                hosts=filter(None, map(str.strip, settings.hosts.split(","))),
                page=Page(),
                live=LiveEndpoint(LiveSources(watch, history, decisions, wall), access),
                pipelines=PipelineEndpoints(master, watch, history),
                cameras=CameraEndpoints(watch, activity),
                frames=FrameEndpoints(
                    ledgers.pipelines,
                    ledgers.outcomes,
                    ledgers.frames,
                    ledgers.dead_letters,
                    kept,
                    traces=TraceLinks(settings.jaeger, clock),
                ),
                letters=DeadLetterEndpoints(
                    ledgers.pipelines,
                    ledgers.dead_letters,
                    master,
                    ingest=settings.ingest,
                    tls=settings.tls,
                ),
                pictures=PictureEndpoints(
                    kept, ledgers.dead_letters, WaitingFrames(ledgers.broker, ledgers.pipelines)
                ),
            )
            running = [
                tasks.create_task(kept_running("state", watch.run)),
                tasks.create_task(kept_running("decisions", decisions.run)),
            ]
            try:
                async with http_server(settings.http, served, settings.connect) as port:
                    log.info("dashboard", address=settings.http, port=port)
                    if settings.connect.gatekeeper is None and not is_loopback(settings.http):
                        log.warning(
                            "whoever reaches the dashboard sees every picture: "
                            "set FRAMEMESH_TOKEN_KEYS"
                        )
                    yield
            finally:
                for each in running:
                    each.cancel()
                wall.close()
                await loads.close()
