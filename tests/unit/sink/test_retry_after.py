"""How long a server asks to be left alone."""

import pytest

from framemesh.sink.writers.retry_after import retry_after_seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("soon", 0),
        ("30", 30),
        (" 30 ", 30),
        ("999999", 3600),
        ("Thu, 01 Jan 1970 00:17:00 GMT", 20),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ],
)
def test_seconds_or_a_date(value: str | None, seconds: float) -> None:
    assert retry_after_seconds(value, now_unix_seconds=1000) == seconds
