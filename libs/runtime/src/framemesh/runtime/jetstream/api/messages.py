"""Single messages of streams: storing, reading and deleting them."""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nats.aio.msg import Msg

from framemesh.core.clock import NANO
from framemesh.runtime.jetstream.api import headers, subjects
from framemesh.runtime.jetstream.api.errors import (
    JetStreamUnavailable,
    MessageNotFound,
    TooManySubjects,
)
from framemesh.runtime.jetstream.api.requests import ApiRequests

MAX_SUBJECTS = 1024
"""The subjects whose last messages a server returns at once; it refuses to return some of more."""

LARGE_BYTES = 1024 * 1024
"""A message of more in Base64 is decoded in a thread: it takes over a millisecond."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of a stream."""

    subject: str
    sequence: int
    payload: bytes
    stored_unix_nano: int
    headers: Mapping[str, str] = field(default_factory=dict)


class Messages:
    """The messages of streams.

    Every method raises BrokerUnavailable when no answer comes in time, StreamNotFound where there
    is no such stream, and ApiError for any other answer that is an error.

    What begins with `direct` is answered by any replica of a stream that allows it, which may not
    have what came in the last milliseconds. All other questions are answered by the leader.
    """

    def __init__(self, requests: ApiRequests) -> None:
        self._requests = requests

    async def store(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> int:
        """Store one message and return its sequence number. For many, see `publish.publisher`.

        Raises:
            NoResponders: no stream takes the subject, or it has no leader.
            WrongLastSequence, WriteInProgress: see EXPECTED_LAST_ON_SUBJECT.
        """
        return await self._requests.store(subject, payload, headers or {})

    async def get(self, stream: str, sequence: int) -> StoredMessage:
        """
        Raises:
            MessageNotFound: no message has this sequence number.
        """
        return await self._get(stream, {"seq": sequence})

    async def last(self, stream: str, subject: str) -> StoredMessage:
        """The newest message of a subject, which may have wildcards.

        Raises:
            MessageNotFound: no message matches.
        """
        return await self._get(stream, {"last_by_subj": subject})

    async def next(self, stream: str, subject: str, from_sequence: int = 1) -> StoredMessage:
        """The oldest message of a subject whose sequence number is not below `from_sequence`.

        Raises:
            MessageNotFound: no message matches.
        """
        return await self._get(stream, {"seq": from_sequence, "next_by_subj": subject})

    async def delete(self, stream: str, sequence: int) -> None:
        """Delete a message; its bytes are not overwritten first.

        Raises:
            MessageNotFound: no message has this sequence number.
        """
        await self._requests.change(
            subjects.message_delete(stream), {"seq": sequence, "no_erase": True}
        )

    async def direct_get(self, stream: str, sequence: int) -> StoredMessage:
        """
        Raises:
            MessageNotFound: no message has this sequence number.
        """
        return await self._direct_get(stream, {"seq": sequence})

    async def direct_last(self, stream: str, subject: str) -> StoredMessage:
        """The newest message of a subject, which may have wildcards.

        Raises:
            MessageNotFound: no message matches.
        """
        return await self._direct_get(stream, {"last_by_subj": subject})

    async def direct_next(self, stream: str, subject: str, from_sequence: int) -> StoredMessage:
        """The oldest message of a subject whose sequence number is not below `from_sequence`.

        Raises:
            MessageNotFound: no message matches.
        """
        return await self._direct_get(stream, {"seq": from_sequence, "next_by_subj": subject})

    async def direct_last_of_each(self, stream: str, *subjects_: str) -> list[StoredMessage]:
        """The newest message of every subject that matches one of these, oldest first; none: empty.

        Raises:
            TooManySubjects: more than MAX_SUBJECTS match.
        """
        body = {"multi_last": [*subjects_], "batch": MAX_SUBJECTS}
        return await self._direct_each(stream, body)

    async def direct_batch(
        self, stream: str, subject: str, from_sequence: int, count: int
    ) -> list[StoredMessage]:
        """The oldest messages of a subject, which may have wildcards, whose sequence numbers are
        not below `from_sequence`: at most `count`, which the server may have fewer of in one
        answer, and none where there are none."""
        body = {"seq": from_sequence, "next_by_subj": subject, "batch": count}
        return await self._direct_each(stream, body)

    async def _direct_each(self, stream: str, body: Mapping[str, Any]) -> list[StoredMessage]:
        found: list[StoredMessage] = []

        def take(message: Msg) -> bool:
            found.append(_direct(message))
            return True

        called = subjects.direct_get(stream)
        status, why = await self._requests.messages(called, body, take)
        if status not in {headers.STATUS_END_OF_BATCH, headers.STATUS_NOT_FOUND}:
            _raise_for_status(called, status, why)
        return found

    async def _direct_get(self, stream: str, which: Mapping[str, Any]) -> StoredMessage:
        called = subjects.direct_get(stream)
        answer = await self._requests.message(called, which)
        if status := (answer.headers or {}).get(headers.STATUS):
            _raise_for_status(called, status, (answer.headers or {}).get(headers.DESCRIPTION, ""))
        return _direct(answer)

    async def _get(self, stream: str, which: Mapping[str, Any]) -> StoredMessage:
        answer = await self._requests.query(subjects.message_get(stream), which)
        message = answer["message"]
        if len(message.get("data", "")) > LARGE_BYTES:
            return await asyncio.to_thread(_stored, message)
        return _stored(message)


def _raise_for_status(called: str, status: str, why: str) -> None:
    error = {"code": status, "description": why}
    if status == headers.STATUS_NOT_FOUND:
        raise MessageNotFound(called, error)
    if status == headers.STATUS_TOO_MANY:
        raise TooManySubjects(called, error)
    raise JetStreamUnavailable(called, error)


def _stored(message: Mapping[str, Any]) -> StoredMessage:
    """Of a message in an answer of the JSON API."""
    return StoredMessage(
        subject=message["subject"],
        sequence=message["seq"],
        payload=base64.b64decode(message.get("data", "")),
        stored_unix_nano=_unix_nano(message["time"]),
        headers=_headers(base64.b64decode(message.get("hdrs", ""))),
    )


def _direct(message: Msg) -> StoredMessage:
    """Of an answer that is the message itself."""
    found = message.headers or {}
    return StoredMessage(
        subject=found[headers.SUBJECT],
        sequence=int(found[headers.SEQUENCE]),
        payload=message.data,
        stored_unix_nano=_unix_nano(found[headers.TIME_STAMP]),
        headers=found,
    )


def _headers(block: bytes) -> dict[str, str]:
    lines = block.decode(errors="replace").split("\r\n")
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def _unix_nano(stamp: str) -> int:
    """Of a time as the server writes it: 2026-11-20T12:51:42.018526305Z."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    seconds = datetime.fromisoformat(f"{whole}+00:00").timestamp()
    return int(seconds) * NANO + int(fraction.ljust(9, "0"))
