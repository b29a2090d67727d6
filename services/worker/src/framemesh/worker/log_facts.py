"""What every line that a worker logs tells beside its event."""

from collections.abc import Mapping

from framemesh.core.tracing.frame_trace import passed_on_trace
from framemesh.runtime import logs
from framemesh.runtime.log_lines.facts import add_source
from framemesh.worker.frame_context import CURRENT_FRAME


def tell_facts(pipeline: str, worker: str) -> None:
    """From now on lines have the pipeline, the worker, the frame that is worked on and its trace:
    also of one that is not sampled, for errors and dead letters always have theirs."""
    logs.bind(pipeline=pipeline, worker=worker)

    def of_frame() -> Mapping[str, object]:
        context = CURRENT_FRAME.get()
        if context is None:
            return {}
        trace = passed_on_trace(pipeline, context.frame).trace.trace_id
        return {"frame": str(context.frame.id), "trace": f"{trace:032x}"}

    add_source(of_frame)
