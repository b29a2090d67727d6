"""How `status` looks on a terminal."""

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.text import Text

from framemesh.cli.views.listing import Column, Listing
from framemesh.cli.views.report import CameraReport, PipelineReport

_FATES = ("offered", "accepted", "rejected", "done", "expired", "superseded", "dead", "pending")
_ALWAYS = ("offered", "accepted", "done", "pending")


def view(reports: Sequence[PipelineReport]) -> RenderableType:
    if not reports:
        return Text("no pipelines: `framemesh pipeline create NAME --model MODEL` makes one")
    return Group(*(part for report in reports for part in _pipeline(report)))


def _pipeline(report: PipelineReport) -> list[RenderableType]:
    workers = "1 worker" if report.ready_workers == 1 else f"{report.ready_workers} workers"
    parts: list[RenderableType] = [
        Text.assemble((report.name, "bold"), f" revision {report.revision}, {workers} ready"),
        Text(
            f"  backlog {report.backlog} frames ({decimal(report.backlog_bytes)}), "
            f"{report.accepted_per_second:.1f} accepted/s, "
            f"{report.completed_per_second:.1f} completed/s"
        ),
        Text(
            f"  age p50 {report.age_p50_ms:.0f} ms, p95 {report.age_p95_ms:.0f} ms, "
            f"p99 {report.age_p99_ms:.0f} ms"
        ),
    ]
    if report.hops_ms:
        times = ", ".join(f"{hop} {of['p50']:.0f}" for hop, of in report.hops_ms.items())
        parts.append(Text(f"  p50 of each hop in ms: {times}"))
    if any(report.bytes_a_frame.values()):
        hops = ", ".join(
            f"{decimal(round(size))} {hop}" for hop, size in report.bytes_a_frame.items()
        )
        parts.append(Text(f"  a frame: {hops}"))
    if report.trouble:
        parts.append(Text(f"  trouble: {report.trouble}", style="red"))
    if report.problem:
        parts.append(Text(f"  incomplete: {report.problem}", style="red"))
    if report.duplicate_outcomes:
        parts.append(Text(f"  {report.duplicate_outcomes} duplicate outcomes", style="red"))
    if report.unread_entries:
        lost = f"  {report.unread_entries} entries of the ledger were dropped before they were read"
        parts.append(Text(f"{lost}: frames are missing below", style="red"))
    if report.dead_letters:
        kept = f"  {report.dead_letters} dead letters: `framemesh dead list {report.name}`"
        parts.append(Text(kept))
    if report.cameras or not report.problem:
        parts.append(_ledger(_rows(report)))
    return [*parts, Text()]


def _rows(report: PipelineReport) -> list[CameraReport]:
    """The cameras by name, and below them all others as one, where there are any."""
    if not report.retired.offered:
        return list(report.cameras)
    others = replace(report.retired, camera=f"(all others, {report.retired_cameras})")
    return [*report.cameras, others]


def _ledger(cameras: Sequence[CameraReport]) -> RenderableType:
    if not cameras:
        return Text("  no camera has sent a frame yet")
    # What never happened would leave the rest no room on a narrow terminal.
    fates = [fate for fate in _FATES if fate in _ALWAYS or any(getattr(c, fate) for c in cameras)]
    figures = (Column(fate, number=True) for fate in fates)
    reasons = [Column("reasons")] if any(camera.reasons for camera in cameras) else []
    listing = Listing([Column("camera"), *figures, Column("balance"), *reasons], indent=2)
    for camera in cameras:
        balance = Text("✓", style="green") if camera.balances else Text("✗", style="red")
        why = ", ".join(f"{reason} {count}" for reason, count in sorted(camera.reasons.items()))
        counts = [str(getattr(camera, fate)) for fate in fates]
        listing.add(camera.camera, *counts, balance, *([why] if reasons else []))
    return listing
