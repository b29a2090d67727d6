"""How long a server asks not to be called again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_SECONDS = 3600.0
"""A server that asks for more is tried again after this."""


def retry_after_seconds(value: str | None, now_unix_seconds: float) -> float:
    """Of a Retry-After header, in seconds or as a date (RFC 9110); 0: it asks for nothing."""
    if not value:
        return 0
    if value.strip().isdecimal():
        return min(MOST_SECONDS, float(value))
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return 0
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    wait = (date - datetime.fromtimestamp(now_unix_seconds, UTC)).total_seconds()
    return min(MOST_SECONDS, max(0.0, wait))
