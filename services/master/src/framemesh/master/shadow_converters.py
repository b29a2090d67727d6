"""From reports of shadows to their messages."""

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.master.shadows.comparison import ClassCounts, Example, Side
from framemesh.master.shadows.report import ShadowReport


def report_to_proto(report: ShadowReport) -> pipeline_pb2.ShadowReport:
    compared, sums, backlog = report.compared, report.compared.comparison, report.backlog
    return pipeline_pb2.ShadowReport(
        pipeline=report.pipeline,
        running=backlog is not None,
        since_unix_nano=compared.since_unix_nano,
        stages=[
            pipeline_pb2.ShadowedStage(
                stage=each.stage,
                model=each.model,
                version=each.version,
                shadow_version=each.shadow_version,
            )
            for each in compared.stages
        ],
        compared_frames=sums.compared,
        same_frames=sums.same,
        waiting_frames=backlog.waiting if backlog else None,
        skipped_frames=backlog.skipped if backlog else None,
        unmatched_frames=sums.only_shadow,
        real=_side(sums.real),
        shadow=_side(sums.shadow),
        classes=[_class(name, sums.classes[name]) for name in sorted(sums.classes)],
        relabelled=sums.relabelled,
        mean_score_difference=sums.mean_score_difference,
        examples=map(_example, sums.examples),
    )


def _side(side: Side) -> pipeline_pb2.ShadowedSide:
    return pipeline_pb2.ShadowedSide(
        done_frames=side.frames,
        failures=side.failures,
        age_p50_seconds=side.ages.percentile(0.5),
        age_p99_seconds=side.ages.percentile(0.99),
    )


def _class(name: str, counts: ClassCounts) -> pipeline_pb2.ShadowedClass:
    return pipeline_pb2.ShadowedClass(
        name=name,
        real=counts.real,
        shadow=counts.shadow,
        same=counts.matched,
        only_real=counts.real - counts.matched,
        only_shadow=counts.shadow - counts.matched,
        mean_iou=counts.mean_iou,
    )


def _example(example: Example) -> pipeline_pb2.DifferingFrame:
    return pipeline_pb2.DifferingFrame(
        camera=example.camera,
        session=example.session,
        sequence=example.sequence,
        only_real=example.only_real,
        only_shadow=example.only_shadow,
    )
