"""Single messages that a stream keeps, found by their subjects."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import nats.errors
from nats.aio.msg import Msg
from nats.js.api import Header

from framemesh.core.clock import NANO
from framemesh.monitor.errors import TooManyMatches
from framemesh.monitor.lookup.replies import replies
from framemesh.runtime.jetstream.api.error_codes import (
    NO_MESSAGE,
    STATUS_NOT_FOUND,
    STATUS_TOO_MANY,
    error_code,
)
from framemesh.runtime.jetstream.connection.broker import (
    ANSWER_TIMEOUT_SECONDS,
    Broker,
    BrokerUnavailable,
)
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation

MAX_SUBJECTS = 1024
"""The broker answers no question about more of them."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of a stream."""

    subject: str
    payload: bytes
    stored_unix_nano: int
    headers: Mapping[str, str] = field(default_factory=dict)


async def newest(broker: Broker, stream: str, subject: str) -> StoredMessage | None:
    """The newest message of a subject, which may have wildcards.

    The stream must allow direct gets. Any replica answers, which may not have what came in the last
    milliseconds.

    Raises:
        BrokerUnavailable: no answer in time.
    """
    question = json.dumps({"last_by_subj": subject}).encode()
    try:
        with preserve_cancellation():
            answer: Msg = await broker.client.request(
                f"$JS.API.DIRECT.GET.{stream}", question, ANSWER_TIMEOUT_SECONDS
            )
    except (nats.errors.Error, TimeoutError) as error:
        raise BrokerUnavailable(f"no answer from {broker.url} ({error})") from error
    return None if (answer.headers or {}).get(Header.STATUS) == STATUS_NOT_FOUND else _kept(answer)


async def last_by_subjects(broker: Broker, stream: str, subjects: str) -> list[StoredMessage]:
    """The newest message of every subject that matches, newest first. As for `newest`, from any
    replica.

    Raises:
        TooManyMatches: more than MAX_SUBJECTS match.
        BrokerUnavailable: no answer in time.
    """
    found: list[StoredMessage] = []

    def take(message: Msg) -> bool:
        found.append(_kept(message))
        return True

    question = {"multi_last": [subjects], "batch": MAX_SUBJECTS}
    status = await replies(broker, f"$JS.API.DIRECT.GET.{stream}", question, take)
    if status == STATUS_TOO_MANY:
        raise TooManyMatches(f"more than {MAX_SUBJECTS} are of that number: name the session")
    return found[::-1]


async def last_from_leader(broker: Broker, stream: str, subject: str) -> StoredMessage | None:
    """The newest message of a subject, from the replica that has all.

    Raises:
        BrokerUnavailable: no answer in time.
    """
    answer = await broker.ask(f"$JS.API.STREAM.MSG.GET.{stream}", {"last_by_subj": subject})
    if error := answer.get("error"):
        if error_code(answer) == NO_MESSAGE:
            return None
        raise BrokerUnavailable(f"{stream}: {error.get('description')}")
    message = answer["message"]
    payload = base64.b64decode(message.get("data", ""))
    return StoredMessage(message["subject"], payload, _unix_nano(message["time"]))


def _kept(message: Msg) -> StoredMessage:
    headers = message.headers or {}
    return StoredMessage(
        subject=headers["Nats-Subject"],
        payload=message.data,
        stored_unix_nano=_unix_nano(headers["Nats-Time-Stamp"]),
        headers=headers,
    )


def _unix_nano(stamp: str) -> int:
    """Of a time as the broker writes it: 2026-11-20T12:51:42.018526305Z."""
    whole, _, fraction = stamp.removesuffix("Z").partition(".")
    seconds = datetime.fromisoformat(f"{whole}+00:00").timestamp()
    return int(seconds) * NANO + int(fraction.ljust(9, "0"))
