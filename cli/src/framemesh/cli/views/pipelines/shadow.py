"""How the report of a shadow looks on a terminal."""

from collections.abc import Iterator, Sequence

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.common.time_format import format_time
from framemesh.cli.views.listing import Column, Listing


def lines(report: pipeline_pb2.ShadowReport) -> Iterator[str]:
    """What was compared, and how far that is."""
    state = "" if report.running else ", which has ended"
    yield f"shadow of {report.pipeline}{state}"
    for each in report.stages:
        versions = f"version {each.version}, in the shadow version {each.shadow_version}"
        yield f"  {each.stage:12}  {each.model} {versions}"
    yield f"  since         {format_time(report.since_unix_nano)}"
    yield f"  frames        {_frames(report)}"
    if report.HasField("mean_score_difference"):
        found, score = _total(report.classes, "same"), report.mean_score_difference
        yield f"  same          {found:,} detections, whose score is {score:+.3f} in the shadow"
    if report.relabelled:
        told = sorted(report.relabelled.items(), key=lambda each: (-each[1], each[0]))
        counts = ", ".join(f"{pair} {count:,}" for pair, count in told)
        yield f"  other class   {counts}"


def sides_table(report: pipeline_pb2.ShadowReport) -> Listing:
    """What both did, side by side."""
    real, shadow = report.real, report.shadow
    view = _listing("", "pipeline", "shadow")
    view.add("frames done", f"{real.done_frames:,}", f"{shadow.done_frames:,}")
    for reason in sorted({*real.failures, *shadow.failures}):
        counts = (f"{side.failures.get(reason, 0):,}" for side in (real, shadow))
        view.add(f"frames {reason}", *counts)
    view.add("age p50", *(_seconds(each.age_p50_seconds) for each in (real, shadow)))
    view.add("age p99", *(_seconds(each.age_p99_seconds) for each in (real, shadow)))
    found = (f"{_total(report.classes, field):,}" for field in ("real", "shadow"))
    view.add("detections", *found)
    return view


def classes_table(classes: Sequence[pipeline_pb2.ShadowedClass]) -> Listing:
    """A row for each class, the one that differs most first."""
    view = _listing("class", "pipeline", "shadow", "same", "only pipeline", "only shadow", "IoU")
    for each in sorted(classes, key=lambda each: (-_differing(each), each.name)):
        counts = (each.real, each.shadow, each.same, each.only_real, each.only_shadow)
        iou = f"{each.mean_iou:.3f}" if each.HasField("mean_iou") else "-"
        view.add(each.name, *(f"{count:,}" for count in counts), iou)
    return view


def examples_table(examples: Sequence[pipeline_pb2.DifferingFrame]) -> Listing:
    """A row for each frame, in words that `framemesh frame show PIPELINE` takes."""
    view = _listing("frames that differ most", "only pipeline", "only shadow")
    for each in examples:
        frame = f"{each.camera} {each.sequence} --session {each.session}"
        view.add(frame, f"{each.only_real:,}", f"{each.only_shadow:,}")
    return view


def _listing(first: str, *numbers: str) -> Listing:
    return Listing([Column(first), *(Column(each, number=True) for each in numbers)], indent=2)


def _frames(report: pipeline_pb2.ShadowReport) -> str:
    parts = [f"{report.compared_frames:,} compared"]
    if report.compared_frames:
        share = report.same_frames / report.compared_frames
        parts[0] += f", {report.same_frames:,} of them the same ({share:.1%})"
    if report.HasField("waiting_frames"):
        parts += [f"{report.waiting_frames:,} wait", f"{report.skipped_frames:,} skipped"]
    if report.unmatched_frames:
        parts.append(f"{report.unmatched_frames:,} that the pipeline has no outcome of")
    return "; ".join(parts)


def _total(classes: Sequence[pipeline_pb2.ShadowedClass], field: str) -> int:
    return sum(getattr(each, field) for each in classes)


def _differing(each: pipeline_pb2.ShadowedClass) -> int:
    return each.only_real + each.only_shadow


def _seconds(age: float) -> str:
    """Of no frame there is no age, and no frame has an age of 0."""
    return f"{age:.3f} s" if age else "-"
