"""A dead letter (a frame that died, and why) as a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

from framemesh.core.frame import Frame, FrameId
from framemesh.core.names import check_name
from framemesh.core.outcome import Outcome
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.messages.frame_message import CAPTURED, CRC32, unknown_headers
from framemesh.runtime.messages.subjects import dead_stream, dead_subject, dead_subjects

REASON = "Framemesh-Reason"
DETAIL = "Framemesh-Detail"
"""Percent-encoded: it may quote what a library said, over several lines."""
ATTEMPTS = "Framemesh-Attempts"
WORKER = "Framemesh-Worker"
DIED = "Framemesh-Died"

KNOWN = frozenset({CAPTURED, CRC32, REASON, DETAIL, ATTEMPTS, WORKER, DIED})

MAX_DETAIL_BYTES = 600
"""With it the headers stay within what the largest frame leaves of the largest message. The frame's
own headers take their part of it."""
MAX_FRAME_HEADERS_BYTES = 400
"""Of them, names included: those that are over it are dropped, and some of the detail is left."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The frame as it was in the buffer, and what its worker said of it."""

    frame: Frame
    reason: str
    detail: str
    attempts: int
    worker: str
    died_unix_nano: int

    @classmethod
    def of(cls, frame: Frame, outcome: Outcome) -> Self:
        return cls(
            frame=frame,
            reason=outcome.reason,
            detail=outcome.detail,
            attempts=outcome.attempts,
            worker=outcome.completed_by,
            died_unix_nano=outcome.completed_unix_nano,
        )


def to_message(pipeline: str, letter: DeadLetter) -> OutboundMessage:
    """The message that stores `letter`, unless its frame has one already."""
    kept = _within(letter.frame.headers, MAX_FRAME_HEADERS_BYTES)
    detail = quote(letter.detail, safe=" ,.:;()'/")
    return OutboundMessage(
        dead_subject(pipeline, letter.frame.id),
        letter.frame.image,
        headers={
            **kept,
            CAPTURED: str(letter.frame.captured_unix_nano),
            CRC32: f"{letter.frame.crc32:08x}",
            REASON: letter.reason,
            DETAIL: detail[: MAX_DETAIL_BYTES - _size(kept)],
            ATTEMPTS: str(letter.attempts),
            WORKER: letter.worker,
            DIED: str(letter.died_unix_nano),
        },
        stream=dead_stream(pipeline),
    )


def from_parts(subject: str, headers: Mapping[str, str], payload: bytes) -> DeadLetter:
    """The letter that was stored.

    Raises:
        KeyError, ValueError: the message was not made by `to_message`.
    """
    _, _, camera, session, sequence = subject.split(".")
    return DeadLetter(
        frame=Frame(
            FrameId(camera, session, int(sequence)),
            int(headers[CAPTURED]),
            payload,
            int(headers[CRC32], 16),
            unknown_headers(headers, KNOWN),
        ),
        reason=headers[REASON],
        detail=unquote(headers[DETAIL]),
        attempts=int(headers[ATTEMPTS]),
        worker=headers[WORKER],
        died_unix_nano=int(headers[DIED]),
    )


def _within(headers: Mapping[str, str], max_bytes: int) -> dict[str, str]:
    """The first of them, as far as they fit."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        if _size(kept) + _size({name: value}) <= max_bytes:
            kept[name] = value
    return kept


def _size(headers: Mapping[str, str]) -> int:
    """Of their lines in a message, in bytes."""
    return sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers.items())


def selected(pipeline: str, camera: str = "", session: str = "", sequence: int = 0) -> str:
    """The subject, with wildcards, of the dead letters of a camera, session and sequence number; an
    argument that is left out matches all.

    Raises:
        InvalidName: a name that cannot be one, such as a wildcard.
    """
    return dead_subjects(
        check_name("pipeline", pipeline),
        check_name("camera", camera) if camera else "*",
        check_name("session", session) if session else "*",
        sequence or "*",
    )
