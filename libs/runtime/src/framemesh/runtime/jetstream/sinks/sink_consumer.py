"""The consumer of a sink: it waits in the ledger's stream where the sink has come to."""

from framemesh.core.sinks.spec import SinkSpec
from framemesh.runtime.jetstream.api.consumers import ConsumerConfig
from framemesh.runtime.messages.subjects import outcomes_subject, sink_consumer

MAX_UNACKED = 16_384
"""Results that a sink may have and not have written: those of a file that is not complete."""

ACK_WAIT_SECONDS = 3600
"""What a process took with it that was killed is asked for by the next one, at once and in order.
Nothing is to be delivered again by itself, out of order."""

MAX_WAITING = 16
UNLIMITED = -1


def sink_consumer_config(spec: SinkSpec, start_sequence: int) -> ConsumerConfig:
    """
    Args:
        start_sequence: of the first entry of the ledger that it delivers; 0: the oldest.
    """
    return ConsumerConfig(
        durable_name=sink_consumer(spec.name),
        # Of all before it as well: results are written in order.
        ack_policy="all",
        start_sequence=start_sequence,
        ack_wait_seconds=ACK_WAIT_SECONDS,
        max_deliver=UNLIMITED,
        max_ack_pending=MAX_UNACKED,
        max_waiting=MAX_WAITING,
        filter_subjects=sink_subjects(spec),
    )


def sink_subjects(spec: SinkSpec) -> tuple[str, ...]:
    """The subjects of the results that a sink is given."""
    return tuple(outcomes_subject(spec.pipeline, camera) for camera in spec.cameras or ("*",))
