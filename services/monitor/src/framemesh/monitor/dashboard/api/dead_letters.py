"""Dead letters: shown to everybody, replayed and purged by who has the token."""

import asyncio
import zlib

from starlette.requests import Request
from starlette.responses import Response

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.frame import FrameId
from framemesh.monitor.dashboard.api.frame_details import picture_address
from framemesh.monitor.dashboard.api.parameters import (
    camera_in_query,
    frame_of,
    limit_of,
    number_of,
    pipeline_of,
)
from framemesh.monitor.dashboard.http.access import require_change
from framemesh.monitor.dashboard.http.refusals import answer
from framemesh.monitor.dashboard.mesh.master import MasterClient
from framemesh.monitor.dashboard.messages.frames import DeadLetter as LetterMessage
from framemesh.monitor.dashboard.messages.frames import DeadLetterPage, Purged, Replayed
from framemesh.monitor.lookup.dead_letters import DeadLetters
from framemesh.monitor.replay.offering import offer_again
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.messages.dead_letter_message import DeadLetter
from framemesh.sdk import FramemeshSdkError
from framemesh.tls.files import TlsFiles

log = get_logger()

MAX_REPLAYS = 4
"""At once: each has a thread and an image of 8 MB at most."""


class NotReplayed(FramemeshError):
    """The frame was not accepted again; its dead letter stays."""

    code = Code.CONFLICT


class IngestAway(FramemeshError):
    """Ingest does not take the frame now."""

    code = Code.UNAVAILABLE


class TooManyReplays(FramemeshError):
    """As many dead letters are offered again as the monitor bears."""

    code = Code.EXHAUSTED


class DeadLetterEndpoints:
    def __init__(
        self,
        pipelines: PipelineStore,
        letters: DeadLetters,
        master: MasterClient,
        *,
        ingest: str,
        tls: TlsFiles | None,
    ) -> None:
        """
        Args:
            ingest: host:port, where frames are offered again.
            tls: files of certificates for it; None: nothing is encrypted.
        """
        self._pipelines = pipelines
        self._letters = letters
        self._master = master
        self._ingest = ingest
        self._tls = tls
        self._replays = 0

    async def page(self, request: Request) -> Response:
        """The newest first, of one camera or of all.

        Raises:
            PipelineUnknown: there is no such pipeline.
        """
        pipeline, before = pipeline_of(request), letter_cursor(request)
        await self._pipelines.get(pipeline)
        subject = dead_letter_message.selected(pipeline, camera_in_query(request))
        found = await self._letters.page(pipeline, subject, limit_of(request), before)
        return answer(
            DeadLetterPage(
                dead_letters=[
                    letter_message(pipeline, one.letter, one.image_bytes) for one in found.letters
                ],
                next=str(found.before) if found.before else None,
            )
        )

    async def replay(self, request: Request) -> Response:
        """Offer its image as a new frame of its camera, and purge it once that is accepted.

        Raises:
            ReadOnly, Forbidden: the caller may not.
            DeadLetterUnknown: it is no longer kept.
            NotReplayed, IngestAway: ingest did not accept it.
            MasterAway: it is accepted, and its dead letter is still there.
        """
        require_change()
        pipeline, frame = pipeline_of(request), frame_of(request)
        if self._replays >= MAX_REPLAYS:
            raise TooManyReplays(f"{MAX_REPLAYS} dead letters are offered already: try again")
        self._replays += 1
        try:
            replayed = await self._offer(pipeline, frame)
        finally:
            self._replays -= 1
        log.info("dead letter replayed", pipeline=pipeline, frame=str(frame), by=_who(request))
        await self._master.purge(pipeline, frame)
        return answer(
            Replayed(camera=replayed.camera, session=replayed.session, sequence=replayed.sequence)
        )

    async def purge(self, request: Request) -> Response:
        """
        Raises:
            ReadOnly, Forbidden: the caller may not.
        """
        require_change()
        pipeline, frame = pipeline_of(request), frame_of(request)
        purged = await self._master.purge(pipeline, frame)
        log.info("dead letter purged", pipeline=pipeline, frame=str(frame), by=_who(request))
        return answer(Purged(purged=purged))

    async def _offer(self, pipeline: str, frame: FrameId) -> FrameId:
        subject = dead_letter_message.selected(
            pipeline, frame.camera, frame.session, frame.sequence
        )
        kept = (await self._letters.get(pipeline, subject)).frame
        if zlib.crc32(kept.image) != kept.crc32:
            raise NotReplayed(f"{frame} stays: its image was damaged on its way")
        try:
            [result] = await asyncio.to_thread(
                lambda: list(
                    offer_again(self._ingest, pipeline, frame.camera, [kept], tls=self._tls)
                )
            )
        except FramemeshSdkError as error:
            raise IngestAway(f"{frame} stays: {error}") from error
        if result.accepted is None:
            raise NotReplayed(f"{frame} stays: {result.why}")
        return result.accepted


def letter_cursor(request: Request) -> int:
    """Where a page begins: before this sequence number of the stream; 0: at the newest.

    Raises:
        InvalidParameter: it is from no answer.
    """
    return number_of(request, "after", 0, 2**63 - 1)


def letter_message(pipeline: str, letter: DeadLetter, image_bytes: int) -> LetterMessage:
    frame = letter.frame.id
    return LetterMessage(
        camera=frame.camera,
        session=frame.session,
        sequence=frame.sequence,
        reason=letter.reason,
        detail=letter.detail,
        attempts=letter.attempts,
        worker=letter.worker,
        captured_ms=letter.frame.captured_unix_nano / 1e6,
        died_ms=letter.died_unix_nano / 1e6,
        image_bytes=image_bytes,
        picture_url=picture_address(pipeline, frame.camera, frame.session, frame.sequence),
    )


def _who(request: Request) -> str:
    return request.client.host if request.client else ""
