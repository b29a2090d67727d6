"""Between the messages of the master's services and its types."""

import json
import re
from datetime import timedelta

from framemesh.api.master.v1 import model_pb2, pipeline_pb2
from framemesh.core.clock import NANO
from framemesh.core.documents.document import read
from framemesh.core.pipeline.rollout import Rollout, RolloutPhase
from framemesh.master.errors import MalformedCall
from framemesh.master.history.events import Event
from framemesh.master.models.promotion import Promoted
from framemesh.master.models.submission import Announcement
from framemesh.master.models.users import ModelUser
from framemesh.master.pipelines.conditions import Condition
from framemesh.master.pipelines.manager import RunningPipeline
from framemesh.master.pipelines.planning import PipelinePlan
from framemesh.master.scaling.watched_pipeline import Load
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.runtime.jetstream.revision_store import StoredRevision
from framemesh.runtime.messages import pipeline_message

_DIGEST = re.compile("[0-9a-f]{64}")

_PHASES = {
    RolloutPhase.STARTING: pipeline_pb2.ROLLOUT_PHASE_STARTING,
    RolloutPhase.SWITCHING: pipeline_pb2.ROLLOUT_PHASE_SWITCHING,
    RolloutPhase.CANARY: pipeline_pb2.ROLLOUT_PHASE_CANARY,
    RolloutPhase.REPLACING: pipeline_pb2.ROLLOUT_PHASE_REPLACING,
    RolloutPhase.WATCHING: pipeline_pb2.ROLLOUT_PHASE_WATCHING,
}


def pipeline_to_proto(pipeline: RunningPipeline) -> pipeline_pb2.Pipeline:
    return pipeline_pb2.Pipeline(
        spec=pipeline_message.to_proto(pipeline.stored.spec),
        revision=pipeline.stored.revision,
        ready_workers=pipeline.ready_workers,
        current_workers=pipeline.current_workers,
        trouble=pipeline.trouble,
        wanted_workers=pipeline.wanted_workers,
        wanted_stable_workers=pipeline.wanted_stable_workers,
        load=_load_to_proto(pipeline.load),
        conditions=map(_condition_to_proto, pipeline.conditions),
        rollout=_rollout_to_proto(pipeline.stored.rollout),
        rolled_back=str(pipeline.stored.rolled_back or ""),
    )


def _condition_to_proto(condition: Condition) -> pipeline_pb2.Condition:
    return pipeline_pb2.Condition(name=condition.name.value, message=condition.message)


def event_to_proto(event: Event) -> pipeline_pb2.Event:
    return pipeline_pb2.Event(
        at_unix_nano=round(event.at.timestamp() * NANO),
        kind=event.kind.value,
        message=event.message,
        times=event.times,
    )


def _load_to_proto(load: Load | None) -> pipeline_pb2.Load | None:
    if load is None:
        return None
    message = pipeline_pb2.Load(
        pending_frames=load.pending_frames,
        growth=load.growth,
        arriving_per_second=load.arriving_per_second,
        worker_rate=load.capacity.rate,
    )
    if load.capacity.start_seconds is not None:
        message.worker_start.FromTimedelta(timedelta(seconds=load.capacity.start_seconds))
    return message


def plan_to_proto(plan: PipelinePlan) -> pipeline_pb2.PlanPipelineResponse:
    return pipeline_pb2.PlanPipelineResponse(
        workers=plan.workers,
        unplaced=plan.unplaced,
        missing=plan.missing,
        shadow_workers=plan.shadow_workers,
        missing_shadow=plan.missing_shadow,
        storage_bytes=plan.storage_bytes,
        spec=pipeline_message.to_proto(plan.spec),
        current=None if plan.current is None else pipeline_message.to_proto(plan.current),
    )


def _rollout_to_proto(rollout: Rollout | None) -> pipeline_pb2.RolloutStatus | None:
    if rollout is None:
        return None
    return pipeline_pb2.RolloutStatus(
        phase=_PHASES[rollout.phase],
        since_unix_nano=rollout.since_unix_nano,
        stable_revision=rollout.stable_revision,
        canary=rollout.canary,
    )


def revision_to_proto(kept: StoredRevision, current: int) -> pipeline_pb2.Revision:
    return pipeline_pb2.Revision(
        revision=kept.revision,
        spec=pipeline_message.to_proto(kept.spec),
        applied_unix_nano=kept.applied_unix_nano,
        current=kept.revision == current,
        problem=kept.problem,
    )


def model_to_proto(model: ModelVersion, current: int) -> model_pb2.Model:
    """`current` is the version of this model that is."""
    return model_pb2.Model(
        name=model.manifest.name,
        version=model.version,
        description=model.manifest.description,
        decoder=model.manifest.decoder.name,
        size_bytes=model.size_bytes,
        digest=model.digest,
        current_version=current,
    )


def model_user_to_proto(user: ModelUser) -> model_pb2.ModelUser:
    return model_pb2.ModelUser(
        pipeline=user.pipeline, version=user.version, follows_promotions=user.follows_promotions
    )


def promotion_to_proto(promoted: Promoted) -> model_pb2.Promotion:
    return model_pb2.Promotion(
        model=model_to_proto(promoted.model, promoted.model.version),
        previous_version=promoted.previous,
        pipelines=promoted.pipelines,
    )


def announcement_from_proto(request: model_pb2.SubmitModelRequest) -> Announcement:
    """
    Raises:
        MalformedCall: it holds something else.
        InvalidDocument: the manifest is none; with the field of every error.
    """
    if request.WhichOneof("part") != "announcement":
        raise MalformedCall("the first message must be the announcement")
    announced = request.announcement
    # It becomes the name of a file.
    if not _DIGEST.fullmatch(announced.digest):
        raise MalformedCall("the digest must be a SHA-256 in 64 lower-case hexadecimal digits")
    try:
        document = json.loads(announced.manifest)
    except json.JSONDecodeError as error:
        raise MalformedCall(f"the manifest is no JSON document: {error}") from error
    manifest = read(document, ModelManifest, "model.yaml")
    return Announcement(manifest, announced.size_bytes, announced.digest, announced.version)


def chunk_from_proto(request: model_pb2.SubmitModelRequest) -> bytes:
    """
    Raises:
        MalformedCall: it holds something else.
    """
    if request.WhichOneof("part") != "chunk":
        raise MalformedCall("after the announcement, send chunks of the file only")
    return request.chunk
