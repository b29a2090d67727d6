"""The report about a shadow as a message for the page."""

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.monitor.dashboard.mesh.pipeline_converters import shadow_models
from framemesh.monitor.dashboard.messages.pipelines import ShadowClass, ShadowFrame, ShadowReport


def shadow_report(report: pipeline_pb2.ShadowReport) -> ShadowReport:
    return ShadowReport(
        running=report.running,
        models=shadow_models(report),
        compared_frames=report.compared_frames,
        same_frames=report.same_frames,
        since_ms=report.since_unix_nano / 1e6,
        waiting_frames=report.waiting_frames if report.HasField("waiting_frames") else None,
        skipped_frames=report.skipped_frames if report.HasField("skipped_frames") else None,
        unmatched_frames=report.unmatched_frames,
        mean_score_difference=(
            report.mean_score_difference if report.HasField("mean_score_difference") else None
        ),
        classes=[_class(each) for each in report.classes],
        relabelled=dict(report.relabelled),
        examples=[_frame(each) for each in report.examples],
    )


def _class(each: pipeline_pb2.ShadowedClass) -> ShadowClass:
    return ShadowClass(
        name=each.name,
        real=each.real,
        shadow=each.shadow,
        same=each.same,
        only_real=each.only_real,
        only_shadow=each.only_shadow,
        mean_iou=each.mean_iou if each.HasField("mean_iou") else None,
    )


def _frame(each: pipeline_pb2.DifferingFrame) -> ShadowFrame:
    return ShadowFrame(
        camera=each.camera,
        session=each.session,
        sequence=each.sequence,
        only_real=each.only_real,
        only_shadow=each.only_shadow,
    )
