"""What all messages have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""Of a pipeline, a camera or a session."""


class Message(BaseModel):
    """JSON in snake_case. Times end in `_ms`: milliseconds since the Unix epoch, or a duration."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Session(Message):
    """What the caller may do."""

    version: str
    """Of framemesh."""
    writable: bool
    """Whether dead letters may be replayed and purged: the caller's token is the right one."""


class Refusal(Message):
    """Why a request failed, in one line; the body of every answer with a status of 400 or more."""

    error: str
