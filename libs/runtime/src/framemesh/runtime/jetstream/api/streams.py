"""Streams: their configuration, what they hold, and where they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from framemesh.core.clock import NANO
from framemesh.runtime.jetstream.api import subjects
from framemesh.runtime.jetstream.api.requests import ApiRequests

UNLIMITED = -1

_TYPED = {
    "name",
    "subjects",
    "storage",
    "retention",
    "discard",
    "max_bytes",
    "max_age",
    "max_msgs_per_subject",
    "num_replicas",
    "duplicate_window",
    "allow_direct",
    "allow_msg_ttl",
    "allow_rollup_hdrs",
    "deny_delete",
    "first_seq",
    "republish",
}


@dataclass(frozen=True, slots=True)
class Republish:
    """Copies of what a stream stores, published again for whoever listens. Nothing waits for them,
    and what nobody takes is gone. A copy has the headers of its message, and some of the broker's.
    """

    source: str
    """The subjects that are copied; it may have wildcards."""
    destination: str
    """The subject of a copy; `{{wildcard(1)}}` stands for what the first wildcard matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamConfig:
    """What a stream is made with. The defaults are JetStream's."""

    name: str
    subjects: tuple[str, ...] = ()
    storage: Literal["file", "memory"] = "file"
    retention: Literal["limits", "interest", "workqueue"] = "limits"
    discard: Literal["old", "new"] = "old"
    """What a full stream does: delete its oldest messages, or refuse new ones."""
    max_bytes: int = UNLIMITED
    max_age_seconds: float = 0
    """0: no limit."""
    max_messages_per_subject: int = UNLIMITED
    replicas: int = 1
    duplicate_window_seconds: float = 0
    """How long a message id is recognised; 0: JetStream's default of two minutes."""
    allow_direct: bool = False
    allow_message_ttl: bool = False
    allow_rollup_headers: bool = False
    deny_delete: bool = False
    first_sequence: int = 0
    """Of its first message; 0: 1."""
    placement_tags: tuple[str, ...] = ()
    """Of the servers that a new stream may be placed on."""
    republish: Republish | None = None
    """It can be set, changed and taken away while the stream is in use."""
    other: Mapping[str, Any] = field(default_factory=dict)
    """What a server says beyond these; it goes back unchanged in an update."""

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> "StreamConfig":
        return cls(
            name=config["name"],
            subjects=tuple(config.get("subjects") or ()),
            storage=config["storage"],
            retention=config["retention"],
            discard=config["discard"],
            max_bytes=config["max_bytes"],
            max_age_seconds=config.get("max_age", 0) / NANO,
            max_messages_per_subject=config.get("max_msgs_per_subject", UNLIMITED),
            replicas=config["num_replicas"],
            duplicate_window_seconds=config.get("duplicate_window", 0) / NANO,
            allow_direct=config.get("allow_direct", False),
            allow_message_ttl=config.get("allow_msg_ttl", False),
            allow_rollup_headers=config.get("allow_rollup_hdrs", False),
            deny_delete=config.get("deny_delete", False),
            first_sequence=config.get("first_seq", 0),
            republish=_republish(config.get("republish")),
            other={name: value for name, value in config.items() if name not in _TYPED},
        )

    def to_json(self) -> dict[str, Any]:
        placement = {"placement": {"tags": list(self.placement_tags)}}
        copies = self.republish
        republish = (
            {"republish": {"src": copies.source, "dest": copies.destination}} if copies else {}
        )
        return {
            **self.other,
            **(placement if self.placement_tags else {}),
            **republish,
            "name": self.name,
            "subjects": list(self.subjects),
            "storage": self.storage,
            "retention": self.retention,
            "discard": self.discard,
            "max_bytes": self.max_bytes,
            "max_age": round(self.max_age_seconds * NANO),
            "max_msgs_per_subject": self.max_messages_per_subject,
            "num_replicas": self.replicas,
            "duplicate_window": round(self.duplicate_window_seconds * NANO),
            "allow_direct": self.allow_direct,
            "allow_msg_ttl": self.allow_message_ttl,
            "allow_rollup_hdrs": self.allow_rollup_headers,
            "deny_delete": self.deny_delete,
            "first_seq": self.first_sequence,
        }


def _republish(found: Mapping[str, Any] | None) -> Republish | None:
    return Republish(found["src"], found["dest"]) if found else None


@dataclass(frozen=True, slots=True)
class StreamState:
    """What a stream holds."""

    messages: int
    bytes: int
    first_sequence: int
    last_sequence: int
    """Of the newest message that ever was in it; 0 when there never was one."""
    subjects: Mapping[str, int] = field(default_factory=dict)
    """How many messages each subject has, where `info` was asked for subjects."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a server says of a stream."""

    config: StreamConfig
    created: str
    """When, in RFC 3339: a stream that was deleted and made anew has another time."""
    state: StreamState
    leader: str
    """The server that leads its replicas; empty during an election, and outside clusters."""
    current_followers: int
    """Replicas beside the leader that have all of its messages."""

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> "StreamInfo":
        state, cluster = answer["state"], answer.get("cluster") or {}
        followers = cluster.get("replicas") or ()
        return cls(
            StreamConfig.from_json(answer["config"]),
            answer["created"],
            StreamState(
                state["messages"],
                state["bytes"],
                state["first_seq"],
                state["last_seq"],
                state.get("subjects") or {},
            ),
            cluster.get("leader", ""),
            sum(1 for each in followers if each["current"]),
        )


class Streams:
    """The streams of an account.

    Every method raises BrokerUnavailable when no answer comes in time, and ApiError for an answer
    that is an error; the named ones that a caller may want to act on are listed.
    """

    def __init__(self, requests: ApiRequests) -> None:
        self._requests = requests

    async def info(self, stream: str, subjects_filter: str = "") -> StreamInfo:
        """
        Args:
            subjects_filter: count the messages of the subjects that match, up to 100,000 subjects.

        Raises:
            StreamNotFound: no stream has this name.
        """
        body = {"subjects_filter": subjects_filter} if subjects_filter else {}
        answer = await self._requests.query(subjects.stream_info(stream), body)
        return StreamInfo.from_json(answer)

    async def names(self, subject: str = "") -> list[str]:
        """Of the streams that take `subject`, which may have wildcards, or of all."""
        body = {"subject": subject} if subject else {}
        answer = await self._requests.query(subjects.STREAM_NAMES, body)
        return list(answer["streams"] or ())

    async def create(self, config: StreamConfig) -> None:
        """Make a stream; one that is there with the same configuration is fine.

        Raises:
            StreamNameInUse: it is there with another configuration.
            NoSuitablePeers, InsufficientResources: there is no room for it.
        """
        await self._requests.change(subjects.stream_create(config.name), config.to_json())

    async def update(self, config: StreamConfig) -> None:
        """Change the configuration of a stream.

        Raises:
            StreamNotFound: no stream has this name.
            NoSuitablePeers, InsufficientResources: there is no room for it.
        """
        await self._requests.change(subjects.stream_update(config.name), config.to_json())

    async def delete(self, stream: str) -> None:
        """Delete a stream with all that is in it.

        Raises:
            StreamNotFound: no stream has this name.
        """
        await self._requests.change(subjects.stream_delete(stream))

    async def purge(
        self, stream: str, subject: str = "", before_sequence: int = 0, keep: int = 0
    ) -> int:
        """Delete messages of a stream, and return how many those were.

        Args:
            subject: only those that match; it may have wildcards.
            before_sequence: only those with lower sequence numbers; 0: all.
            keep: so many of the newest stay.

        Raises:
            StreamNotFound: no stream has this name.
        """
        body: dict[str, Any] = {"filter": subject} if subject else {}
        if before_sequence:
            body |= {"seq": before_sequence}
        if keep:
            body |= {"keep": keep}
        return int((await self._requests.change(subjects.stream_purge(stream), body))["purged"])
