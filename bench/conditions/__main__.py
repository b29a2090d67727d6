"""What conditions cost: `python -m bench.conditions`.

Each condition is asked of one item of one frame, of which it is true, so that all of it is looked
at where its parts are joined by `and`. Prints the fastest of the turns, which is the one that
others on the machine disturbed least, and how long a text takes to be parsed.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from framemesh.core.detection import Box, Detection
from framemesh.core.graph.condition.facts import FrameFacts
from framemesh.core.graph.condition.parsing import parse
from framemesh.core.pipeline.zones import ZoneSpec

CONDITIONS = (
    "area > 0.02",
    'area > 0.02 and in_zone("yard")',
    '0.02 < area < 0.5 and label in ("person", "car") and score >= 0.5',
    'area > 0.02 and label == "person" and (time >= 22:00 or time < 06:00 or weekday == "tue")',
    "count(people) > 2",
    "count(people, score > 0.5) > 2",
)
CALLS = 10_000

PERSON = Detection("people", "person", 0, 0.9, Box(0.2, 0.2, 0.5, 0.7))
YARD = ZoneSpec(((0.1, 0.2), (0.9, 0.1), (0.95, 0.9), (0.5, 0.95), (0.05, 0.8)))
FRAME = FrameFacts("gate", 1_700_000_000 * 10**9, {"people": [PERSON] * 5}, {"yard": YARD})

FIRST = """
import time
from framemesh.core.graph.condition.parsing import parse
begin = time.process_time()
parse("area > 0.02")
print(time.process_time() - begin)
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.conditions")
    parser.add_argument("--turns", type=int, default=20)
    turns = parser.parse_args().turns
    print("us a call   us to parse")
    for text in CONDITIONS:
        condition = parse(text)
        assert condition.test(PERSON, FRAME)
        asked = fastest(partial(condition.test, PERSON, FRAME), CALLS, turns)
        parsed = fastest(partial(parse, text), CALLS // 100, turns)
        print(f"{1e6 * asked:9.2f} {1e6 * parsed:13.0f}   {text}")
    print(f"the first text of a process: {1e3 * min(first() for _ in range(5)):.0f} ms")


def fastest(call: Callable[[], object], calls: int, turns: int) -> float:
    """Seconds of one of so many calls, in the best of the turns."""
    best = float("inf")
    for _ in range(turns):
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - begin) / calls)
    return best


def first() -> float:
    """Seconds of the processor for a text in a process that has parsed none."""
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
