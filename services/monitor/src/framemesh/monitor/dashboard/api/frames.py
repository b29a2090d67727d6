"""Frames by their outcomes, and everything about one frame."""

from starlette.requests import Request
from starlette.responses import Response

from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate
from framemesh.monitor.dashboard.api.dead_letters import letter_cursor, letter_message
from framemesh.monitor.dashboard.api.frame_details import frame_details
from framemesh.monitor.dashboard.api.parameters import (
    InvalidParameter,
    camera_in_query,
    frame_of,
    limit_of,
    number_of,
    pipeline_of,
)
from framemesh.monitor.dashboard.api.trace_links import TraceLinks
from framemesh.monitor.dashboard.http.refusals import answer
from framemesh.monitor.dashboard.messages.frames import DeadLetter, FramePage, ListedFrame
from framemesh.monitor.dashboard.pictures.kept import KeptPictures
from framemesh.monitor.errors import DeadLetterUnknown
from framemesh.monitor.lookup.dead_letters import DeadLetters
from framemesh.monitor.lookup.frames import MAX_PENDING, FrameLookup
from framemesh.monitor.lookup.outcome_pages import OutcomePages, Wanted
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.messages.outcome_message import OutcomeSummary

FATES = {fate.value: fate for fate in Fate}
PENDING = "pending"
"""In place of a fate: frames that have none."""


class FrameEndpoints:
    def __init__(
        self,
        pipelines: PipelineStore,
        pages: OutcomePages,
        frames: FrameLookup,
        letters: DeadLetters,
        kept: KeptPictures,
        *,
        traces: TraceLinks,
    ) -> None:
        self._pipelines = pipelines
        self._pages = pages
        self._frames = frames
        self._letters = letters
        self._kept = kept
        self._traces = traces

    async def page(self, request: Request) -> Response:
        """The newest frames of a camera, a fate or a reason. A page may be short, or empty, and
        still have a next one: only so much is looked through at once. Of pending frames the oldest
        of each session are first.

        Raises:
            PipelineUnknown: there is no such pipeline.
        """
        pipeline, camera = pipeline_of(request), camera_in_query(request)
        if request.query_params.get("fate") == PENDING:
            return await self._pending(request, pipeline, camera)
        limit, before = limit_of(request), letter_cursor(request)
        reason = request.query_params.get("reason", "")
        wanted = Wanted(camera, _fate(request), reason)
        await self._pipelines.get(pipeline)

        found = await self._pages.page(pipeline, wanted, limit, before)
        listed = [self._listed(pipeline, outcome) for outcome in found.outcomes]
        return answer(FramePage(frames=listed, next=str(found.before) if found.before else None))

    async def _pending(self, request: Request, pipeline: str, camera: str) -> Response:
        limit, skipped = limit_of(request), number_of(request, "after", 0, MAX_PENDING)
        await self._pipelines.get(pipeline)
        found, following = await self._frames.pending(pipeline, camera, limit, skipped)
        listed = [_waiting(frame) for frame in found]
        return answer(FramePage(frames=listed, next=str(following) if following else None))

    async def details(self, request: Request) -> Response:
        """
        Raises:
            PipelineUnknown: there is no such pipeline.
        """
        pipeline, frame = pipeline_of(request), frame_of(request)
        await self._pipelines.get(pipeline)
        found = await self._frames.find(pipeline, frame.camera, frame.sequence, frame.session)
        letter: DeadLetter | None = None
        outcome = found.records[0].outcome
        if outcome is not None and outcome.fate is Fate.DEAD:
            letter = await self._letter(pipeline, frame.camera, frame.session, frame.sequence)
        shown = self._kept.get(pipeline, frame) is not None
        trace = await self._traces.of(found.records[0].trace_id)
        return answer(frame_details(pipeline, found, letter, shown=shown, trace_url=trace))

    async def _letter(
        self, pipeline: str, camera: str, session: str, sequence: int
    ) -> DeadLetter | None:
        subject = dead_letter_message.selected(pipeline, camera, session, sequence)
        try:
            letter = await self._letters.get(pipeline, subject)
        except DeadLetterUnknown:
            return None
        return letter_message(pipeline, letter, len(letter.frame.image))

    def _listed(self, pipeline: str, outcome: OutcomeSummary) -> ListedFrame:
        frame = outcome.frame
        kept = self._kept.get(pipeline, frame) is not None
        return ListedFrame(
            camera=frame.camera,
            session=frame.session,
            sequence=frame.sequence,
            fate=outcome.fate.value,
            reason=outcome.reason,
            captured_ms=outcome.captured_unix_nano / 1e6,
            completed_ms=outcome.completed_unix_nano / 1e6,
            attempts=outcome.attempts,
            kept_picture=kept or outcome.fate is Fate.DEAD,
        )


def _waiting(frame: FrameId) -> ListedFrame:
    """Its picture is in the buffer, and so is the time of its capture."""
    return ListedFrame(
        camera=frame.camera,
        session=frame.session,
        sequence=frame.sequence,
        fate=PENDING,
        reason="",
        captured_ms=None,
        completed_ms=None,
        attempts=0,
        kept_picture=True,
    )


def _fate(request: Request) -> Fate | None:
    """
    Raises:
        InvalidParameter: there is no such fate.
    """
    name = request.query_params.get("fate", "")
    if name and name not in FATES:
        raise InvalidParameter(f"fate: there is no {name[:40]!r}: {', '.join([*FATES, PENDING])}")
    return FATES.get(name)
