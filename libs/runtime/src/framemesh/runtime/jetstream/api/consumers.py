"""Consumers: their configuration, where they are, and reading a few messages from one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nats.aio.msg import Msg

from framemesh.core.clock import NANO
from framemesh.runtime.jetstream.api import subjects
from framemesh.runtime.jetstream.api.requests import ApiRequests


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerConfig:
    """What a consumer is made with. A field that is empty is left to JetStream's default."""

    durable_name: str = ""
    """Empty: the server gives it a name, and forgets it when nobody uses it."""
    ack_policy: Literal["none", "all", "explicit"] = "explicit"
    start_sequence: int = 0
    """The first message that it may deliver; 0: the first of the stream."""
    ack_wait_seconds: float = 0
    max_deliver: int = 0
    """How often one message is delivered; -1: without limit."""
    max_ack_pending: int = 0
    max_waiting: int = 0
    """Pull requests that may wait at once."""
    filter_subjects: tuple[str, ...] = ()
    """None: all subjects of the stream."""
    headers_only: bool = False
    memory_storage: bool = False
    replicas: int = 0
    """0: as many as the stream has."""
    inactive_threshold_seconds: float = 0
    """After which the server forgets one that nobody uses."""
    metadata: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        start = {"deliver_policy": "by_start_sequence", "opt_start_seq": self.start_sequence}
        optional = {
            "durable_name": self.durable_name,
            "ack_wait": round(self.ack_wait_seconds * NANO),
            "max_deliver": self.max_deliver,
            "max_ack_pending": self.max_ack_pending,
            "max_waiting": self.max_waiting,
            "headers_only": self.headers_only,
            "mem_storage": self.memory_storage,
            "num_replicas": self.replicas,
            "inactive_threshold": round(self.inactive_threshold_seconds * NANO),
            "metadata": dict(self.metadata),
        }
        return {
            "ack_policy": self.ack_policy,
            **(start if self.start_sequence else {"deliver_policy": "all"}),
            **{name: value for name, value in optional.items() if value},
            **self._filter(),
        }

    def _filter(self) -> dict[str, Any]:
        if len(self.filter_subjects) == 1:
            return {"filter_subject": self.filter_subjects[0]}
        return {"filter_subjects": list(self.filter_subjects)} if self.filter_subjects else {}


@dataclass(frozen=True, slots=True)
class ConsumerInfo:
    """What a server says of a consumer."""

    name: str
    metadata: Mapping[str, str]
    delivered_stream_sequence: int
    """The highest sequence number in the stream that it delivered; 0: none."""
    delivered_number: int = 0
    """Of the last delivery, counted by the consumer from 1."""
    acked_stream_sequence: int = 0
    """All messages of its subjects up to this sequence number are acked."""
    waiting: int = 0
    """Messages of its subjects that it has not delivered."""
    unacked: int = 0
    """Messages that it delivered and that are not acked."""

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> "ConsumerInfo":
        return cls(
            answer["name"],
            answer["config"].get("metadata") or {},
            answer["delivered"]["stream_seq"],
            answer["delivered"]["consumer_seq"],
            answer["ack_floor"]["stream_seq"],
            answer["num_pending"],
            answer["num_ack_pending"],
        )


class Consumers:
    """The consumers of streams.

    Every method raises BrokerUnavailable when no answer comes in time, StreamNotFound where there
    is no such stream, and ApiError for any other answer that is an error.
    """

    def __init__(self, requests: ApiRequests) -> None:
        self._requests = requests

    async def create(self, stream: str, config: ConsumerConfig) -> str:
        """Make a consumer and return its name; one that is there with the same name is updated."""
        name = config.durable_name
        subject = (
            subjects.durable_create(stream, name) if name else subjects.consumer_create(stream)
        )
        body = {"stream_name": stream, "config": config.to_json()}
        return str((await self._requests.change(subject, body))["name"])

    async def info(self, stream: str, consumer: str) -> ConsumerInfo:
        """
        Raises:
            ConsumerNotFound: the stream has none of that name.
        """
        answer = await self._requests.query(subjects.consumer_info(stream, consumer))
        return ConsumerInfo.from_json(answer)

    async def names(self, stream: str) -> list[str]:
        """Of the consumers of a stream, at most 1024."""
        answer = await self._requests.query(subjects.consumer_names(stream))
        return list(answer["consumers"] or ())

    async def delete(self, stream: str, consumer: str) -> None:
        """
        Raises:
            ConsumerNotFound: the stream has none of that name.
        """
        await self._requests.change(subjects.consumer_delete(stream, consumer))

    async def reset(self, stream: str, consumer: str, from_sequence: int = 0) -> None:
        """Have a consumer deliver all that is not acked again, in order, and count deliveries from
        1. Its requests stay, so whoever pulls from it begins anew first.

        Args:
            from_sequence: all that is there from this one on, acked or not; 0: what is not acked.

        Raises:
            ConsumerNotFound: the stream has none of that name.
        """
        body = {"seq": from_sequence} if from_sequence else None
        await self._requests.change(subjects.consumer_reset(stream, consumer), body)

    async def fetch(
        self, stream: str, consumer: str, count: int, take: Callable[[Msg], bool]
    ) -> None:
        """Hand at most `count` messages that are there already to `take`, until it returns False.

        Fewer may come; no more are waited for than the consumer has.
        """
        body = {"batch": count, "no_wait": True}
        await self._requests.messages(subjects.consumer_next(stream, consumer), body, take)
