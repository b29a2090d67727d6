"""The codes of JetStream's errors that mean something to us.

An error of its JSON API has two: `err_code` tells one reason from all others, `code` is as coarse
as one of HTTP. Where it answers with no JSON, a status stands in the headers, and is text.
"""

from collections.abc import Mapping
from typing import Any

NO_PEERS = 10005
"""No servers to place a stream on. Its description tells what they are short of."""

NO_SUCH_CONSUMER = 10014

NO_RESOURCES = 10023
"""Insufficient resources: the server is at its limits."""

NO_MEMORY = 10028
"""Insufficient memory for a stream that is kept there."""

NO_MESSAGE = 10037
"""There is none of that subject."""

NO_STORAGE = 10047
"""Insufficient storage for a stream on disk."""

STREAM_EXISTS = 10058
"""With another configuration: somebody else was faster to make it."""

NO_SUCH_STREAM = 10059

NOT_THE_LAST = 10071
"""The last message of the subject is not the one that was expected."""

NOT_STORED = 10077
"""The store refuses a message, as where the maximum of bytes of its stream would be exceeded."""

ID_IN_PROCESS = 10158
"""A message of this id waits for the other replicas, and may yet be lost with the leader that has
it."""

SUBJECT_IN_PROCESS = 10164
"""The same, of a message for this subject, where one was expected to be the last."""

NOT_FOUND = 404
"""Code: there is no such stream or consumer."""

TOO_MANY_REQUESTS = 429
"""Code: the server has as many under way as it takes."""

SERVER_ERROR = 500
"""Code: something is wrong with the server, not with what was asked."""

UNAVAILABLE = 503
"""Code: JetStream cannot answer now, for example while its servers elect a leader."""

STATUS_END_OF_BATCH = "204"
"""All messages that were asked for at once have come."""

STATUS_NOT_FOUND = "404"
"""No message matches."""

STATUS_TOO_MANY = "413"
"""More subjects match than it looks at."""

STATUS_NO_RESPONDERS = "503"
"""Nobody listens to the subject: there is no such stream or consumer, or it has no leader."""


def error_code(answer: Mapping[str, Any]) -> int:
    """The `err_code` of an answer of the JSON API; 0 where it has none."""
    return int((answer.get("error") or {}).get("err_code", 0))
