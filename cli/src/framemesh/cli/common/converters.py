"""Messages of the services become values and JSON of the CLI."""

from dataclasses import asdict
from typing import Any

from framemesh.api.common.v1 import frame_pb2
from framemesh.api.master.v1 import pipeline_pb2
from framemesh.api.monitor.v1 import dead_letter_pb2, monitor_pb2
from framemesh.cli.views.report import CameraReport, PipelineReport
from framemesh.runtime.messages.outcome_json import outcome_to_json


def report_from_proto(
    pipeline: pipeline_pb2.Pipeline | None,
    status: monitor_pb2.PipelineStatus | None,
    trouble: str = "",
) -> PipelineReport:
    """What the master and the monitor know of one pipeline; either may not know it yet.

    `trouble` is that of a master that could not be asked.
    """
    pipeline = pipeline or pipeline_pb2.Pipeline()
    status = status or monitor_pb2.PipelineStatus()
    traffic = status.traffic
    return PipelineReport(
        name=pipeline.spec.name or status.pipeline,
        revision=pipeline.revision,
        ready_workers=pipeline.ready_workers,
        trouble=pipeline.trouble or trouble,
        problem=status.problem,
        backlog=status.backlog,
        backlog_bytes=status.backlog_bytes,
        accepted_per_second=status.accepted_per_second,
        completed_per_second=status.completed_per_second,
        age_p50_ms=status.age.p50_ms,
        age_p95_ms=status.age.p95_ms,
        age_p99_ms=status.age.p99_ms,
        hops_ms={each.hop: {"p50": each.p50_ms, "p99": each.p99_ms} for each in status.hops},
        duplicate_outcomes=status.duplicate_outcomes,
        unread_entries=status.unread_entries,
        dead_letters=status.dead_letters,
        bytes_a_frame={
            hop.name: size.bytes / size.frames if (size := getattr(traffic, hop.name)).frames else 0
            for hop in traffic.DESCRIPTOR.fields
        },
        cameras=tuple(map(_camera_from_proto, status.cameras)),
        retired=_camera_from_proto(status.retired),
        retired_cameras=status.retired_cameras,
    )


def _camera_from_proto(ledger: monitor_pb2.CameraLedger) -> CameraReport:
    return CameraReport(
        camera=ledger.camera,
        offered=ledger.offered,
        accepted=ledger.accepted,
        rejected=ledger.rejected,
        done=ledger.done,
        expired=ledger.expired,
        superseded=ledger.superseded,
        dead=ledger.dead,
        pending=ledger.pending,
        reasons=dict(ledger.reasons),
    )


def frame_id(frame: frame_pb2.FrameId) -> str:
    """The id of a frame as it is printed: CAMERA/SESSION/SEQUENCE."""
    return f"{frame.camera}/{frame.session}/{frame.sequence}"


def frames_to_json(found: monitor_pb2.GetFrameResponse) -> dict[str, Any]:
    """What `frame show --json` prints."""
    camera = _camera_from_proto(found.ledger)
    return {"frames": list(map(_record_to_json, found.frames)), "ledger": asdict(camera)}


def _record_to_json(record: monitor_pb2.FrameRecord) -> dict[str, Any]:
    completed = record.state == monitor_pb2.FRAME_STATE_COMPLETED
    return {
        "camera": record.frame.camera,
        "session": record.frame.session,
        "sequence": record.frame.sequence,
        "state": monitor_pb2.FrameState.Name(record.state).removeprefix("FRAME_STATE_").lower(),
        "stored_unix_nano": record.stored_unix_nano if completed else None,
        "trace_id": record.trace_id or None,
        "outcome": outcome_to_json(record.outcome) if completed else None,
    }


def dead_letter_to_json(letter: dead_letter_pb2.DeadLetter) -> dict[str, Any]:
    """One of what `dead list --json` prints."""
    return {
        "camera": letter.frame.camera,
        "session": letter.frame.session,
        "sequence": letter.frame.sequence,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempts": letter.attempts,
        "worker": letter.worker,
        "captured_unix_nano": letter.captured_unix_nano,
        "died_unix_nano": letter.died_unix_nano,
        "image_bytes": letter.image_bytes,
    }
