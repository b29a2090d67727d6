"""The models of revisions that still have workers, beside the current ones."""

from collections.abc import Mapping

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.core.errors import FramemeshError
from framemesh.monitor.dashboard.mesh.master import MasterClient

MAX_REVISIONS = 1024
"""That are remembered: of more the first are asked for again."""

RevisionModels = Mapping[tuple[str, int], tuple[str, ...]]
"""By pipeline and revision: the models of its stages, as name:version."""


def models(spec: pipeline_pb2.PipelineSpec) -> tuple[str, ...]:
    return tuple(f"{stage.model}:{stage.model_version}" for stage in spec.stages)


class RevisionCache:
    """Asks the master for what is not known yet: a revision never changes."""

    def __init__(self, master: MasterClient) -> None:
        self._master = master
        self._known: dict[tuple[str, int], tuple[str, ...]] = {}

    async def of(
        self, pipelines: Mapping[str, pipeline_pb2.Pipeline], workers: list[node_pb2.Worker]
    ) -> RevisionModels:
        """Of all revisions that have workers, as far as the master tells."""
        for name, pipeline in pipelines.items():
            self._known[name, pipeline.revision] = models(pipeline.spec)
        wanted = {
            (worker.pipeline, worker.revision) for worker in workers if not _is_shadow(worker)
        }
        for name in {name for name, _ in wanted - self._known.keys()} & pipelines.keys():
            await self._ask(name)
        while len(self._known) > MAX_REVISIONS:
            del self._known[next(iter(self._known))]
        return dict(self._known)

    async def _ask(self, pipeline: str) -> None:
        try:
            revisions = await self._master.revisions(pipeline)
        except FramemeshError:
            # It is asked again in the next round.
            return
        for each in revisions:
            self._known[pipeline, each.revision] = models(each.spec)


def _is_shadow(worker: node_pb2.Worker) -> bool:
    """The revision of a shadow's worker is the number of the shadow."""
    return worker.role == node_pb2.WORKER_ROLE_SHADOW
