"""Which role may call which method: one table for all servers. What is not in it, nobody may call.

A row says also where its request names a pipeline and a camera, which must be the caller's. A row
without a pipeline is about the whole mesh, and for callers whose token is; what one method shows of
several pipelines, its handler chooses by the caller, and says so here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from framemesh.core.identity.caller import CHANGING
from framemesh.core.identity.roles import Role

OPEN = frozenset({"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"})
"""Services that anybody may call. Load balancers and supervisors ask for health, which says one
word; what reflection tells is published."""

CHANGE = CHANGING
READ = CHANGING | {Role.VIEWER, Role.SERVICE}
OWN = READ | {Role.CAMERA}
"""A camera sees what became of its own frames."""
SERVICES = frozenset({Role.SERVICE})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a method."""

    roles: frozenset[Role]
    pipeline: str = ""
    """The field of the request that names it; fields in fields with dots between. One that is empty
    stands for all pipelines."""
    camera: str | None = None
    """Likewise; an empty one stands for all cameras. None: the call is about all of a pipeline."""
    filtered: bool = False
    """The handler shows of what the request asks for only what is the caller's."""


_PIPELINES = "framemesh.api.master.v1.PipelineService"
_MODELS = "framemesh.api.master.v1.ModelService"
_NODES = "framemesh.api.master.v1.NodeService"
_SINKS = "framemesh.api.master.v1.SinkService"
_TOKENS = "framemesh.api.master.v1.TokenService"
_MONITOR = "framemesh.api.monitor.v1.MonitorService"
_LETTERS = "framemesh.api.monitor.v1.DeadLetterService"

TABLE: Mapping[str, Access] = MappingProxyType(
    {
        # Its first message names pipeline and camera.
        "framemesh.api.ingest.v1.IngestService/Push": Access(
            CHANGE | {Role.CAMERA, Role.SERVICE}, filtered=True
        ),
        f"{_PIPELINES}/ApplyPipeline": Access(CHANGE, "spec.name"),
        f"{_PIPELINES}/PlanPipeline": Access(CHANGE, "spec.name"),
        f"{_PIPELINES}/GetPipeline": Access(READ, "name"),
        f"{_PIPELINES}/ListPipelines": Access(READ, filtered=True),
        f"{_PIPELINES}/DeletePipeline": Access(CHANGE, "name"),
        f"{_PIPELINES}/RollBackPipeline": Access(CHANGE, "name"),
        f"{_PIPELINES}/ListRevisions": Access(READ, "name"),
        f"{_PIPELINES}/GetShadowReport": Access(READ, "name"),
        f"{_PIPELINES}/EndShadow": Access(CHANGE, "name"),
        f"{_PIPELINES}/PurgeDeadLetters": Access(CHANGE | SERVICES, "pipeline"),
        # A model may be of any pipeline, and its promotion changes all of them.
        f"{_MODELS}/SubmitModel": Access(CHANGE),
        f"{_MODELS}/ListModels": Access(READ),
        f"{_MODELS}/GetModel": Access(READ),
        f"{_MODELS}/PromoteModel": Access(CHANGE),
        f"{_MODELS}/RollBackModel": Access(CHANGE),
        f"{_MODELS}/DeleteModel": Access(CHANGE),
        f"{_MODELS}/DownloadModel": Access(CHANGE | SERVICES),
        f"{_NODES}/Connect": Access(SERVICES),
        f"{_NODES}/ListNodes": Access(READ),
        f"{_NODES}/DrainNode": Access(CHANGE),
        f"{_NODES}/UncordonNode": Access(CHANGE),
        # A sink writes wherever its process may.
        f"{_SINKS}/AddSink": Access(CHANGE),
        f"{_SINKS}/ListSinks": Access(READ, "pipeline"),
        f"{_SINKS}/GetSink": Access(READ),
        f"{_SINKS}/RemoveSink": Access(CHANGE),
        f"{_TOKENS}/RevokeToken": Access(frozenset({Role.ADMIN})),
        f"{_TOKENS}/ListRevokedTokens": Access(frozenset({Role.ADMIN})),
        f"{_MONITOR}/GetStatus": Access(OWN, filtered=True),
        f"{_MONITOR}/WatchResults": Access(OWN, filtered=True),
        f"{_MONITOR}/GetFrame": Access(OWN, "pipeline", "camera"),
        f"{_LETTERS}/ListDeadLetters": Access(OWN, "pipeline", "camera"),
        f"{_LETTERS}/GetDeadLetter": Access(OWN, "pipeline", "camera"),
        "framemesh.api.worker.v1.WorkerService/GetWorker": Access(CHANGE | SERVICES),
        # It lists the addresses of all who are connected.
        "grpc.channelz.v1.Channelz/GetTopChannels": Access(CHANGE),
        "grpc.channelz.v1.Channelz/GetServers": Access(CHANGE),
        "grpc.channelz.v1.Channelz/GetServer": Access(CHANGE),
        "grpc.channelz.v1.Channelz/GetServerSockets": Access(CHANGE),
        "grpc.channelz.v1.Channelz/GetChannel": Access(CHANGE),
        "grpc.channelz.v1.Channelz/GetSubchannel": Access(CHANGE),
        "grpc.channelz.v1.Channelz/GetSocket": Access(CHANGE),
    }
)
"""By `SERVICE/METHOD`, in full names."""
