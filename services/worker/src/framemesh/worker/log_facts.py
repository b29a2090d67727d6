"""What every line that a worker logs tells beside its event."""

from collections.abc import Mapping

from framemesh.runtime import logs
from framemesh.runtime.log_lines.facts import add_source
from framemesh.worker.frame_context import CURRENT_FRAME


def tell_facts(pipeline: str, worker: str) -> None:
    """From now on lines have the pipeline, the worker, and the frame that is worked on."""
    logs.bind(pipeline=pipeline, worker=worker)
    add_source(_frame)


def _frame() -> Mapping[str, object]:
    context = CURRENT_FRAME.get()
    return {} if context is None else {"frame": str(context.frame.id)}
