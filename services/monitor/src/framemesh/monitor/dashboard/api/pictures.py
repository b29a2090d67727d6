"""Pictures that are kept: those that were shown lately, and those of dead letters."""

from starlette.requests import Request
from starlette.responses import Response

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.frame import FrameId
from framemesh.core.images.check import read_header
from framemesh.core.images.errors import BadImage
from framemesh.monitor.dashboard.api.parameters import camera_of, frame_of, pipeline_of
from framemesh.monitor.dashboard.http.refusals import answer
from framemesh.monitor.dashboard.messages.cameras import KeptPicture
from framemesh.monitor.dashboard.messages.cameras import KeptPictures as KeptMessage
from framemesh.monitor.dashboard.pictures.kept import KeptPictures
from framemesh.monitor.dashboard.pictures.picture import CameraKey
from framemesh.monitor.errors import DeadLetterUnknown
from framemesh.monitor.lookup.dead_letters import DeadLetters
from framemesh.monitor.lookup.waiting_frames import WaitingFrames
from framemesh.runtime.messages import dead_letter_message

HEADERS = {
    # A frame is the same for ever; it is in nobody else's cache.
    "Cache-Control": "private, max-age=600",
    # Whatever its bytes are, they are no page.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class NoPicture(FramemeshError):
    """The picture of a frame is kept nowhere."""

    code = Code.NOT_FOUND


class PictureEndpoints:
    def __init__(self, kept: KeptPictures, letters: DeadLetters, waiting: WaitingFrames) -> None:
        self._kept = kept
        self._letters = letters
        self._waiting = waiting

    async def of_camera(self, request: Request) -> Response:
        """Those that are kept, to step back."""
        camera = camera_of(request)
        pictures = self._kept.of(CameraKey(pipeline_of(request), camera))
        return answer(
            KeptMessage(
                pictures=[
                    KeptPicture(
                        session=each.frame.session,
                        sequence=each.frame.sequence,
                        captured_ms=each.captured_ms,
                    )
                    for each in pictures
                ]
            )
        )

    async def of_frame(self, request: Request) -> Response:
        """
        Raises:
            NoPicture: it is kept nowhere.
        """
        image = await self._find(pipeline_of(request), frame_of(request))
        return Response(image, media_type=media_type(image), headers=HEADERS)

    async def _find(self, pipeline: str, frame: FrameId) -> bytes:
        if (shown := self._kept.get(pipeline, frame)) is not None:
            return shown.jpeg
        subject = dead_letter_message.selected(
            pipeline, frame.camera, frame.session, frame.sequence
        )
        try:
            return (await self._letters.get(pipeline, subject)).frame.image
        except DeadLetterUnknown:
            image = await self._waiting.image(pipeline, frame)
        if image is None:
            raise NoPicture(
                f"the picture of {frame} is not kept: frames are, until they have an outcome, and "
                "dead letters, and what was shown in the last minutes"
            )
        return image


def media_type(image: bytes) -> str:
    """What browsers are told: of bytes that are no image, nothing that they would show."""
    try:
        return f"image/{read_header(image).format}"
    except BadImage:
        return "application/octet-stream"
