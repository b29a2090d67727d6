"""Asks now and then what nodes there are for a pipeline, and how fast its workers are on them."""

from typing import Protocol

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.master.scaling.offers import NodeOffers
from framemesh.master.scaling.watched_pipeline import WatchedPipeline
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.worker_speeds import PERIOD_SECONDS, WorkerSpeeds
from framemesh.runtime.logs import get_logger

log = get_logger()

RETRY_SECONDS = 0.5
"""Before nodes are asked for again that were there before."""


class Survey(Protocol):
    async def ask(self, watched: WatchedPipeline, stored: StoredPipeline) -> None:
        """Tell a watched pipeline of its nodes, if that is due."""
        ...


class AlikeNodes:
    """Where it does not matter which node a worker is on."""

    async def ask(self, watched: WatchedPipeline, stored: StoredPipeline) -> None:
        """There is nothing to tell."""


class NodeSurvey:
    """Of all nodes of the fleet."""

    def __init__(self, offers: NodeOffers, speeds: WorkerSpeeds, clock: Clock) -> None:
        self._offers = offers
        self._speeds = speeds
        self._clock = clock

    async def ask(self, watched: WatchedPipeline, stored: StoredPipeline) -> None:
        """See Survey."""
        now = self._clock.monotonic()
        # Agents come back within seconds after another master began to lead.
        missing = watched.scaled.nodes and not watched.offers
        if now - watched.surveyed_at < (RETRY_SECONDS if missing else PERIOD_SECONDS):
            return
        watched.surveyed_at = now
        try:
            watched.told(await self._speeds.of(stored.spec.name))
            watched.offers = await self._offers.of(stored.spec, stored.revision, watched.rates)
        except FramemeshError as error:
            # The number of workers follows the load all the same.
            log.debug("nodes are not known", pipeline=stored.spec.name, why=str(error))
