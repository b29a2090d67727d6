"""Settings from environment variables, with errors named by variable."""

import os
from dataclasses import replace
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails

from framemesh.core.clock import SystemClock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.urls import url_without_credentials
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.connect_settings import ConnectSettings, OptionalPath
from framemesh.runtime.identity.gatekeeper import Gatekeeper
from framemesh.runtime.identity.keys import KeyRing


class BadSetting(FramemeshError):
    """An environment variable has a value that cannot be used."""

    code = Code.INVALID


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("use host:port, such as 127.0.0.1:7401")
    return value


FILE = "file://"

MAX_URL_BYTES = 4096


def _first_line(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_URL_BYTES).decode("utf-8", "replace").strip()
    except OSError as error:
        raise ValueError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error


def _nats_url(value: str) -> str:
    if value.startswith(FILE):
        value = _first_line(Path(value.removeprefix(FILE)))
    for server in value.split(","):
        scheme, _, rest = server.partition("://")
        if scheme not in {"nats", "tls"} or not rest or any(map(str.isspace, server)):
            raise ValueError(
                "use nats://host:port or tls://host:port, several with commas, or file:///path of "
                "a file that has them"
            )
    return value


def _collector(value: str) -> str:
    if not value:
        return value
    scheme, separator, rest = value.partition("://")
    if separator and scheme not in {"http", "https"}:
        raise ValueError(_COLLECTOR)
    host, _, port = (rest if separator else value).rstrip("/").rpartition(":")
    if not host or "/" in host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(_COLLECTOR)
    return value.rstrip("/")


def _url(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("use a URL, such as http://collector:4318/v1/traces")
    return value


_COLLECTOR = "use host:port of a collector's gRPC, http://host:port or https://host:port"


def _addresses(value: str) -> str:
    found = [_address(address.strip()) for address in value.split(",")]
    if len(found) > 1 and not all(map(_is_ip, found)):
        raise ValueError("use one host:port whose name has all addresses, or IP addresses")
    return ",".join(found)


def _servers(value: str) -> str:
    return ",".join(_address(server.strip()) for server in value.split(",")) if value else ""


def _is_ip(address: str) -> bool:
    try:
        ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True


Addresses = Annotated[str, AfterValidator(_addresses)]
"""host:port, or the IP addresses of several with commas: one of them leads."""
Servers = Annotated[str, AfterValidator(_servers)]
"""host:port of each, with commas between them, or empty: all of them are asked."""
Address = Annotated[str, AfterValidator(_address)]
Collector = Annotated[str, AfterValidator(_collector)]
"""Where OTLP over gRPC goes: host:port, or a URL; empty: nowhere."""
CollectorUrl = Annotated[str, AfterValidator(_url)]
"""Where OTLP over HTTP goes; empty: nowhere."""
OptionalAddress = Annotated[str, AfterValidator(lambda value: value and _address(value))]
"""host:port, or empty."""
NatsUrl = Annotated[str, AfterValidator(_nats_url)]
"""Of one server, or of several of one cluster, separated by commas."""
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(str.lower)
]


def named_after(prefix: str) -> ConfigDict:
    """A field `listen` is set by `<PREFIX>LISTEN`, unless it has an alias of its own."""
    return ConfigDict(
        frozen=True,
        populate_by_name=True,
        alias_generator=lambda field: f"{prefix}{field}".upper(),
    )


PORTS = ("listen", "http", "metrics")
"""Fields with host:port of what a service listens on."""


class ServiceSettings(ConnectSettings):
    """The settings of every service."""

    log_level: LogLevel = Field("info", validation_alias="FRAMEMESH_LOG_LEVEL")
    otlp: Collector = Field(
        "", validation_alias=AliasChoices("FRAMEMESH_OTLP", "OTEL_EXPORTER_OTLP_ENDPOINT")
    )
    """The collector that has the traces; empty: none are made."""
    metrics: OptionalAddress = ""
    """Where Prometheus reads the metrics of this process, over HTTP at /metrics; empty: nowhere."""

    token_keys: OptionalPath = Field(None, validation_alias="FRAMEMESH_TOKEN_KEYS")
    """A folder with the public keys of tokens, as NAME.pub: who calls needs a token that one of
    them signed. None: everybody may call, and do everything."""

    @cached_property
    def connect(self) -> ConnectOptions:
        """How this process connects to the others, and who may call it.

        Raises:
            KeyUnusable: a key of `token_keys` cannot be read.
        """
        return replace(super().connect, gatekeeper=self._gatekeeper())

    def _gatekeeper(self) -> Gatekeeper | None:
        if self.token_keys is None:
            return None
        clock = SystemClock()
        return Gatekeeper(KeyRing(self.token_keys, clock.monotonic), clock)

    @property
    def connect_environment(self) -> dict[str, str]:
        keys = {"FRAMEMESH_TOKEN_KEYS": str(self.token_keys)} if self.token_keys else {}
        return {**super().connect_environment, **keys}

    def check_ports(self) -> None:
        """Make sure that what this process opens may be opened, before it begins.

        Raises:
            CertificatesUnusable: the files of certificates are missing, or do not fit together.
            KeyUnusable: a key of tokens cannot be read.
            PlaintextRefused: a port would not be encrypted, though other machines reach it.
            AnybodyRefused: or it would ask nobody who he is.
        """
        self.check_certificates(server=True)
        for name in PORTS:
            if address := getattr(self, name, ""):
                self.connect.check_port(address)


S = TypeVar("S", bound=BaseModel)


def from_environment(kind: type[S]) -> S:
    """The settings of this process.

    Raises:
        BadSetting: names each variable that is wrong, its value and what to write instead.
    """
    # pydantic-settings would do the same, and take longer to import than pydantic itself.
    try:
        return kind.model_validate(dict(os.environ))
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise BadSetting("; ".join(_line(fault) for fault in faults)) from error


def _line(fault: ErrorDetails) -> str:
    variable = fault["loc"][0]
    if fault["type"] == "missing":
        return f"{variable}: is missing"
    value = url_without_credentials(str(fault["input"]))
    return f"{variable}: {_plain(fault['msg'])}, not {value!r}"


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"
