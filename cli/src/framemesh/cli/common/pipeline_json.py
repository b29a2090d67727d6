"""A pipeline as JSON."""

from collections.abc import Mapping
from typing import Any

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.documents.document import dump
from framemesh.runtime.messages import pipeline_message


def pipeline_to_json(answer: pipeline_pb2.GetPipelineResponse) -> Mapping[str, Any]:
    """What `pipeline show --json` prints."""
    pipeline = answer.pipeline
    return {
        "spec": dump(pipeline_message.from_answer(pipeline.spec)),
        "revision": pipeline.revision,
        "ready_workers": pipeline.ready_workers,
        "current_workers": pipeline.current_workers,
        "wanted_workers": pipeline.wanted_workers,
        "wanted_stable_workers": pipeline.wanted_stable_workers,
        "load": _load_to_json(pipeline.load) if pipeline.HasField("load") else None,
        "trouble": pipeline.trouble,
        "conditions": [
            {"name": each.name, "message": each.message} for each in pipeline.conditions
        ],
        "events": [
            {
                "at_unix_nano": each.at_unix_nano,
                "kind": each.kind,
                "message": each.message,
                "times": each.times,
            }
            for each in answer.events
        ],
    }


def _load_to_json(load: pipeline_pb2.Load) -> Mapping[str, float | None]:
    """Frames, frames a second, and seconds; None: not measured yet."""
    start = load.worker_start.ToTimedelta().total_seconds()
    return {
        "pending_frames": load.pending_frames,
        "growth": load.growth if load.HasField("growth") else None,
        "arriving_per_second": (
            load.arriving_per_second if load.HasField("arriving_per_second") else None
        ),
        "worker_rate": load.worker_rate if load.HasField("worker_rate") else None,
        "worker_start_seconds": start if load.HasField("worker_start") else None,
    }
