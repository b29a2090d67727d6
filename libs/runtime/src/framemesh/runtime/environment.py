"""Settings from environment variables, with faults named by variable."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from framemesh.core.errors import Code, FramemeshError


class BadSetting(FramemeshError):
    """An environment variable has a value that cannot be used."""

    code = Code.INVALID


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("use host:port, such as 127.0.0.1:7401")
    return value


def _nats_url(value: str) -> str:
    for server in value.split(","):
        scheme, _, rest = server.partition("://")
        if scheme not in {"nats", "tls"} or not rest or any(map(str.isspace, server)):
            raise ValueError("use nats://host:port or tls://host:port, several with commas")
    return value


Address = Annotated[str, AfterValidator(_address)]
NatsUrl = Annotated[str, AfterValidator(_nats_url)]
"""Of one server, or of several of one cluster with commas between."""
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(str.lower)
]


class ServiceSettings(BaseSettings):
    """What one can set of every service."""

    log_level: LogLevel = Field("info", validation_alias="FRAMEMESH_LOG_LEVEL")


S = TypeVar("S", bound=BaseSettings)


def from_environment(kind: type[S]) -> S:
    """The settings of this process.

    Raises:
        BadSetting: names each variable that is wrong, its value and what to write instead.
    """
    try:
        return kind()
    except ValidationError as error:
        faults = (_line(kind, fault) for fault in error.errors(include_url=False))
        raise BadSetting("; ".join(faults)) from error


def _line(kind: type[BaseSettings], fault: ErrorDetails) -> str:
    variable = _variable(kind, str(fault["loc"][0]))
    return f"{variable}: {_plain(fault['msg'])}, not {fault['input']!r}"


def _variable(kind: type[BaseSettings], field: str) -> str:
    """A field with a name of its own for its variable is known by that."""
    return field if field.isupper() else f"{kind.model_config['env_prefix']}{field}".upper()


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"
