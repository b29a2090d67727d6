"""JetStream's API has one door: nothing else knows its subjects, or nats-py's own client of it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
API = "libs/runtime/src/framemesh/runtime/jetstream/api"

FORBIDDEN = re.compile(r"\$JS\.(API|FC)|\$SYS\.|nats\.js\b|\.jetstream\(")


def test_no_file_calls_jetstream_except_through_the_api() -> None:
    found, files = [], 0
    for folder in ("libs", "services", "cli", "sdk/python"):
        for path in (ROOT / folder).glob("**/src/**/*.py"):
            files += 1
            if FORBIDDEN.search(path.read_text()) and not path.is_relative_to(ROOT / API):
                found.append(str(path.relative_to(ROOT)))
    assert files > 200
    assert not found, "call framemesh.runtime.jetstream.api, and add there what it lacks"
