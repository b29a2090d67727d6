"""URLs as they may be shown: without users, passwords and secret parameters."""

import re

HIDDEN = "***"

_USER_INFO = re.compile(r"(?<=://)\S*@(?!sha256:)")
"""Up to the last @ of the word, not of the host alone: a password that was pasted as it is may have
slashes in it. More of a URL may be lost so than need be; never less. A digest of an image is no
host. The user goes with the password, as a token may be in its place."""

_IN_ONE_URL = re.compile(r"(?<=://).*@(?!sha256:)", re.DOTALL)

_SECRET_PARAMETER = re.compile(
    r"(?i)([?&#][^\s=&?#]*(?:key|token|secret|password|pwd|sig|auth)[^\s=&?#]*=)[^\s&#]*"
)
"""A parameter whose name says that its value is nobody's business."""


def without_credentials(text: str) -> str:
    """The text, with nothing before the host of each URL in it, and no secret parameter."""
    return _without_parameters(_USER_INFO.sub("", text)) if "://" in text else text


def url_without_credentials(url: str) -> str:
    """The same of what should be one URL alone, which may have blanks in its password."""
    return _without_parameters(_IN_ONE_URL.sub("", url))


def _without_parameters(text: str) -> str:
    return _SECRET_PARAMETER.sub(rf"\1{HIDDEN}", text)
