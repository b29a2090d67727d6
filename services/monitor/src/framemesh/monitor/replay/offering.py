"""Offers frames that died to ingest again: for the dashboard, and for `framemesh dead replay`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framemesh.core.frame import Frame, FrameId
from framemesh.sdk import BadFrame, Camera, CameraOptions, FrameRejected
from framemesh.tls.files import TlsFiles

CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 30.0
"""For ingest to answer all frames of a session."""


@dataclass(frozen=True, slots=True)
class OfferedAgain:
    """What became of one frame."""

    frame: FrameId
    """That died."""
    accepted: FrameId | None = None
    """In its place; None: it was not accepted."""
    why: str = ""
    """It was not."""


def offer_again(
    ingest: str,
    pipeline: str,
    camera: str,
    frames: Iterable[Frame],
    *,
    tls: TlsFiles | None = None,
    now: bool = False,
) -> Iterator[OfferedAgain]:
    """Send frames of one camera in a session of their own. It blocks: call it in a thread.

    The outcome of a frame is on record for good, so each goes as another one. When this ends, every
    one is answered.

    Args:
        ingest: host:port.
        tls: files of certificates; None: nothing is encrypted.
        now: with the present as their capture time, instead of the original one.

    Raises:
        FramemeshSdkError: ingest does not take the frames.
    """
    refused: dict[int, str] = {}

    def on_rejected(rejected: FrameRejected) -> None:
        refused[rejected.sequence] = rejected.message

    sender = Camera(
        ingest,
        pipeline=pipeline,
        name=camera,
        options=CameraOptions(
            on_rejected=on_rejected,
            connect_timeout=CONNECT_SECONDS,
            close_timeout=CLOSE_SECONDS,
            tls=tls,
        ),
    )
    sent: dict[int, FrameId] = {}
    with sender:
        for frame in frames:
            captured = None if now else frame.captured_unix_nano
            try:
                sequence = sender.send(
                    frame.image, captured_unix_nano=captured, headers=frame.headers
                )
            except BadFrame as error:
                yield OfferedAgain(frame.id, why=str(error))
            else:
                sent[sequence] = frame.id
    for sequence, frame_id in sent.items():
        if sequence in refused:
            yield OfferedAgain(frame_id, why=refused[sequence])
        else:
            yield OfferedAgain(frame_id, FrameId(camera, sender.session, sequence))
