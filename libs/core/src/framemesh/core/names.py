"""The grammar of the names of cameras, sessions, pipelines, stages and models, and of nodes.

A name is one token of a NATS subject and one file name, so it has no dots, blanks or slashes.

The name of a node is that of a host, and may have dots. It is the key of an entry in a bucket and
part of no other subject; dots between tokens are what such a key may have.
"""

import re
from typing import Annotated

from pydantic import Field

from framemesh.core.errors import InvalidName

NAME_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
_NAME = re.compile(NAME_PATTERN)

Name = Annotated[str, Field(pattern=NAME_PATTERN)]

MAX_NODE_NAME = 253
"""Letters of the name of a host, by RFC 1123; each part between dots has 63 at most."""

NODE_NAME_PATTERN = r"^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$"
_NODE_NAME = re.compile(NODE_NAME_PATTERN)

NodeName = Annotated[str, Field(pattern=NODE_NAME_PATTERN, max_length=MAX_NODE_NAME)]


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


def check_node_name(name: str) -> str:
    """Return `name`.

    Raises:
        InvalidName: no node has such a name.
    """
    if len(name) > MAX_NODE_NAME or _NODE_NAME.fullmatch(name) is None:
        raise InvalidName(
            f"bad node name {name[:80]!r}: use the name of a host, as ip-10-0-0-1.example.org: "
            "parts of 1 to 63 letters, digits, '-' and '_' with dots between them"
        )
    return name
