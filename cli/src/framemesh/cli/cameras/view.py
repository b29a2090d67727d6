"""How cameras look on a terminal."""

from collections.abc import Iterator, Sequence

from framemesh.cli.cameras.state import FleetState
from framemesh.cli.views.listing import Column, Listing
from framemesh.sources.discovery import FoundCamera
from framemesh.sources.probing import ProbeReport, advice


def table(fleet: FleetState) -> Listing:
    """A row for each camera."""
    numbers = ("sent", "acknowledged", "rejected", "skipped", "filtered", "restarts", "quiet")
    figures = (Column(title, number=True) for title in numbers)
    view = Listing([Column("camera"), Column("state"), *figures, Column("source")])
    for one in fleet.cameras:
        view.add(
            one.name,
            one.phase,
            str(one.sent),
            str(one.acknowledged),
            str(one.rejected),
            str(one.skipped + one.dropped),
            str(one.filtered),
            str(one.restarts),
            f"{one.quiet_seconds:.0f} s",
            one.description or one.source,
        )
    return view


def troubles(fleet: FleetState) -> Iterator[str]:
    """Why cameras failed last, and what is wrong with all of them."""
    for one in fleet.cameras:
        if one.reason:
            yield f"{one.name}: {one.reason}"
    if fleet.problem:
        yield fleet.problem
    if fleet.is_stale:
        yield f"nobody runs these cameras: this is how they were {fleet.age_seconds:.0f} s ago"


def summary(fleet: FleetState) -> Iterator[str]:
    """What was sent, at the end."""
    for one in fleet.cameras:
        skipped = f", {one.skipped} of the source skipped" if one.skipped else ""
        dropped = f", {one.dropped} dropped" if one.dropped else ""
        yield (
            f"{one.name}: {one.sent} frames sent, {one.acknowledged} acknowledged, "
            f"{one.rejected} rejected{dropped}{skipped}"
        )


def discovered(cameras: Sequence[FoundCamera]) -> Listing:
    view = Listing([Column("address"), Column("name"), Column("hardware"), Column("service")])
    for one in cameras:
        view.add(one.address, one.name, one.hardware, one.service)
    return view


def probed(report: ProbeReport) -> Iterator[str]:
    """What a stream is, and what to set."""
    yield f"codec       {report.codec}{f' {report.profile}' if report.profile else ''}"
    yield f"size        {report.width}x{report.height}"
    megabits = report.bits_per_second / 1e6
    yield f"rate        {report.frames_per_second:.1f} frames/s, {megabits:.2f} Mbit/s"
    if report.key_frame_seconds is not None:
        yield (
            f"key frames  each {report.key_frame_frames} frames, {report.key_frame_seconds:.1f} s"
        )
    else:
        yield f"key frames  {report.key_frames} in {report.seconds:.1f} s"
    first = f"first picture after {report.first_seconds:.1f} s"
    yield f"opened in   {report.open_seconds:.1f} s, {first}"
    yield f"decoding    {report.decode_milliseconds:.1f} ms a frame on this machine"
    for line in advice(report):
        yield f"set         {line}"
