"""Passwords, from the environment or from files, and their removal from what is shown."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from framemesh.sources.errors import BadSecret

MAX_SECRET_BYTES = 4096
"""Of a file with a password: more is another file that was named by mistake."""

SHORTEST_SCRUBBED = 3
"""Letters: to take out a password of one letter would take out that letter everywhere."""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a password is: in one of both."""

    env: str = ""
    """Name of a variable of the environment."""
    file: str = ""
    """Path of a file; the newline at its end is no part of it."""

    def __post_init__(self) -> None:
        if bool(self.env) == bool(self.file):
            raise ValueError("name either env or file")


def read_secret(place: SecretPlace, environment: Mapping[str, str] = os.environ) -> str:
    """
    Raises:
        BadSecret: it is not there, or no text.
    """
    if place.env:
        if place.env not in environment:
            raise BadSecret(f"the environment has no variable {place.env} with the password")
        return environment[place.env]
    try:
        with Path(place.file).open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
        if len(content) > MAX_SECRET_BYTES:
            raise BadSecret(f"{place.file} has more than {MAX_SECRET_BYTES} bytes: no password")
        return content.decode().rstrip("\r\n")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise BadSecret(f"cannot read the password in {place.file}: {why}") from error
    except UnicodeDecodeError as error:
        raise BadSecret(f"the password in {place.file} is not UTF-8 text") from error


def scrubbed(text: str, *secrets: str) -> str:
    """The text with each of the secrets replaced by ***."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SCRUBBED:
            text = text.replace(secret, "***")
    return text
