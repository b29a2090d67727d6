"""The grammar of the names of cameras, sessions, pipelines, stages and models.

A name is one token of a NATS subject and one file name, so it has no dots, blanks or slashes.
"""

import re
from typing import Annotated

from pydantic import Field

from framemesh.core.errors import InvalidName

NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
_NAME = re.compile(NAME_PATTERN)

Name = Annotated[str, Field(pattern=NAME_PATTERN)]


def check_name(what: str, name: str) -> str:
    """Return `name`.

    Raises:
        InvalidName: `name` is not valid; the message calls it `what` ("camera", "pipeline", ...).
    """
    # fullmatch: `$` alone would let a trailing newline pass.
    if _NAME.fullmatch(name) is None:
        raise InvalidName(
            f"bad {what} name {name[:80]!r}: use 1 to 64 letters, digits, '-' and '_'"
        )
    return name
