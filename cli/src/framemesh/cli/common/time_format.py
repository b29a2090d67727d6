"""Times and durations for a terminal."""

from datetime import UTC, datetime

from framemesh.core.clock import NANO


def format_time(unix_nano: int) -> str:
    """To the millisecond, in UTC: cameras, services and the reader may be in different zones."""
    seconds, nano = divmod(unix_nano, NANO)
    whole = datetime.fromtimestamp(seconds, UTC)
    return f"{whole:%Y-%m-%d %H:%M:%S}.{nano // 1_000_000:03} UTC"


def format_second(unix_nano: int) -> str:
    """To the second, in UTC, where a heading says so."""
    return f"{datetime.fromtimestamp(unix_nano // NANO, UTC):%Y-%m-%d %H:%M:%S}"


def format_duration(begin_unix_nano: int, end_unix_nano: int) -> str:
    """The time between two timestamps: 35 ms, 12.5 s, 3.2 h."""
    seconds = (end_unix_nano - begin_unix_nano) / 1e9
    if abs(seconds) < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if abs(seconds) < 3600 else f"{seconds / 3600:.1f} h"
