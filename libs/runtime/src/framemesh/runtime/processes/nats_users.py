"""A configuration of nats-server with users for the services, each with what it needs and no more.

An account is a mesh of its own: its streams, buckets and messages are in no other's sight, and its
limits are its own. What permissions can say ends at the tokens of subjects: one of them is a whole
name of a stream, so they tell what a service does to streams, and not to which of a pipeline.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from framemesh.core.names import check_name
from framemesh.runtime.jetstream.api.subjects import ACCOUNT_INFO, API, SERVERS, STREAM_NAMES
from framemesh.runtime.jetstream.connection.broker import inbox_prefix
from framemesh.runtime.messages.subjects import CHECKPOINTS_BUCKET, SINK_STATES_BUCKET

PASSWORD_BYTES = 32

READ = (
    ACCOUNT_INFO,
    STREAM_NAMES,
    SERVERS,
    f"{API}.STREAM.INFO.*",
    f"{API}.STREAM.MSG.GET.*",
    f"{API}.DIRECT.GET.*",
    f"{API}.DIRECT.GET.*.>",
    f"{API}.CONSUMER.NAMES.*",
    f"{API}.CONSUMER.INFO.*.*",
    # A reader makes one for itself, and the broker removes it.
    f"{API}.CONSUMER.CREATE.*",
    f"{API}.CONSUMER.MSG.NEXT.*.*",
)
"""What every service asks of streams."""

ACKS = ("$JS.ACK.>",)
"""Both forms: `$JS.ACK.STREAM.CONSUMER...`, and `$JS.ACK.DOMAIN.ACCOUNT.STREAM.CONSUMER...` of
later servers, in which no token has the same place."""


def _leases(bucket: str) -> tuple[str, ...]:
    stream = f"KV_{bucket}"
    return (
        f"$KV.{bucket}.>",
        f"{API}.STREAM.CREATE.{stream}",
        f"{API}.STREAM.UPDATE.{stream}",
        f"{API}.STREAM.PURGE.{stream}",
        f"{API}.STREAM.MSG.DELETE.{stream}",
    )


@dataclass(frozen=True, slots=True)
class Permissions:
    """Of one service, beside READ and its own inbox."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    """To publish, whatever `publish` says."""


FRAMES = ("frames.>",)
OUTCOMES = ("outcomes.>",)
LEDGER = ("accepted.>", *OUTCOMES)

SERVICES: Mapping[str, Permissions] = {
    # It makes room for a newer frame by deleting an older one.
    "ingest": Permissions((*FRAMES, *LEDGER, f"{API}.STREAM.MSG.DELETE.*")),
    # It owns streams and buckets, and touches no frames and no results.
    "master": Permissions((f"{API}.>", "$KV.>", "$O.>", "events.>"), denied=(*FRAMES, *LEDGER)),
    "worker": Permissions(
        (
            *OUTCOMES,
            "runs.>",
            "dead.>",
            "trials.>",
            "$KV.framemesh-speeds.>",
            *_leases("framemesh-leases"),
            # Of its shards: a new holder replaces the consumer of the last one.
            f"{API}.CONSUMER.CREATE.*.>",
            f"{API}.CONSUMER.DURABLE.CREATE.*.*",
            f"{API}.CONSUMER.DELETE.*.*",
            *ACKS,
        )
    ),
    "monitor": Permissions(
        (
            f"$KV.{CHECKPOINTS_BUCKET}.>",
            f"{API}.STREAM.CREATE.KV_{CHECKPOINTS_BUCKET}",
            f"{API}.STREAM.UPDATE.KV_{CHECKPOINTS_BUCKET}",
            f"{API}.STREAM.PURGE.KV_{CHECKPOINTS_BUCKET}",
            f"{API}.CONSUMER.DELETE.*.*",
        ),
        # The pictures of the dashboard are copies of frames on their way, as are their outcomes.
        subscribe=(*FRAMES, *OUTCOMES),
    ),
    "sink": Permissions(
        (
            f"$KV.{SINK_STATES_BUCKET}.>",
            *_leases("framemesh-sink-leases"),
            f"{API}.CONSUMER.RESET.*.*",
            *ACKS,
        )
    ),
}

HEALTH = "health"
"""The user of who shows no other: it may ask whether JetStream answers."""


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """Of one account. 0: as much as the server has."""

    file_bytes: int = 0
    streams: int = 0
    consumers: int = 0


UNLIMITED = AccountLimits()

NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Account:
    """A mesh of its own on a broker."""

    name: str
    passwords: Mapping[str, str] = field(repr=False)
    """By service."""
    limits: AccountLimits = UNLIMITED

    @classmethod
    def of(
        cls, name: str, limits: AccountLimits = UNLIMITED, passwords: Mapping[str, str] = NONE
    ) -> "Account":
        """With `passwords`, and new ones for services that have none among them.

        Raises:
            InvalidName: `name` is none.
        """
        check_name("account", name)
        found = {service: secrets.token_urlsafe(PASSWORD_BYTES) for service in SERVICES}
        return cls(name, {**found, **passwords}, limits)

    def user(self, service: str) -> str:
        return f"{self.name}-{service}"

    def url(self, service: str, address: str) -> str:
        """What the service has as FRAMEMESH_NATS; it has the password."""
        return f"nats://{self.user(service)}:{self.passwords[service]}@{address}"


def users_configuration(accounts: Iterable[Account], base: str) -> str:
    """The text of a configuration.

    Args:
        base: the path of nats-server.conf or nats.conf, which it includes, from the folder of this
            file on: the server takes no other.
    """
    lines = [
        "# Users of framemesh's services. It has their passwords: for the nats-server alone.",
        f"include {json.dumps(base)}",
        "accounts {",
        *(line for account in accounts for line in _account(account)),
        "  # For who asks whether the server is well, and shows no user.",
        f"  {HEALTH} {{",
        "    jetstream: {max_mem: 0, max_file: 0, max_streams: 0, max_consumers: 0}",
        "    users: [",
        _user(HEALTH, secrets.token_urlsafe(PASSWORD_BYTES), [ACCOUNT_INFO], ["_INBOX.health"]),
        "    ]",
        "  }",
        "}",
        f"no_auth_user: {HEALTH}",
    ]
    return "\n".join(lines) + "\n"


def _account(account: Account) -> Iterable[str]:
    yield f"  {json.dumps(account.name)} {{"
    yield f"    jetstream: {_limits(account.limits)}"
    yield "    users: ["
    for service, found in SERVICES.items():
        user = account.user(service)
        yield _user(
            user,
            account.passwords[service],
            [*READ, *found.publish],
            [f"{inbox_prefix(user)}.>", *found.subscribe],
            found.denied,
        )
    yield "    ]"
    yield "  }"


def _limits(limits: AccountLimits) -> str:
    found = {
        "max_file": limits.file_bytes,
        "max_streams": limits.streams,
        "max_consumers": limits.consumers,
    }
    chosen = ", ".join(f"{name}: {value}" for name, value in found.items() if value)
    return f"{{{chosen}}}" if chosen else "enabled"


def _user(
    user: str,
    password: str,
    publish: Iterable[str],
    subscribe: Iterable[str],
    denied: Iterable[str] = (),
) -> str:
    permissions = {
        "publish": {"allow": list(publish), **({"deny": list(denied)} if denied else {})},
        "subscribe": {"allow": list(subscribe)},
    }
    # JSON is a part of the language of the configuration.
    return "      " + json.dumps({"user": user, "password": password, "permissions": permissions})
