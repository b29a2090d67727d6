"""What is told while a command waits for a pipeline."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.views.pipelines.history import condition_line

Tell = Callable[[Sequence[pipeline_pb2.Condition]], None]

_NUMBER = re.compile(r"\d+")


@contextmanager
def conditions_told() -> Iterator[Tell]:
    """Yields what takes the conditions again and again, and tells each on standard error when it is
    new. One that differs from before in its numbers alone, as how far a download is, is only shown
    on a terminal, in one line that changes."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    told: set[str] = set()
    with console.status("") as status:

        def tell(conditions: Sequence[pipeline_pb2.Condition]) -> None:
            lines = {_NUMBER.sub("", line): line for line in map(condition_line, conditions)}
            for key, line in lines.items():
                if key not in told:
                    console.print(escape(line))
            told.clear()
            told.update(lines)
            status.update(escape("; ".join(lines.values())))

        yield tell
