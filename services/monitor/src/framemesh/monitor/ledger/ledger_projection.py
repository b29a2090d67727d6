"""The ledger of a pipeline as a projection of its ledger stream."""

from collections.abc import Callable

from framemesh.monitor.ledger.ledger_message import state_from_bytes, state_to_bytes
from framemesh.monitor.ledger.pipeline_ledger import PipelineLedger
from framemesh.monitor.projection.projection import ProjectionType
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage


class LedgerProjection:
    """See Projection."""

    def __init__(self, ledger: PipelineLedger) -> None:
        self.ledger = ledger

    def apply(self, message: ReceivedMessage) -> None:
        self.ledger.apply(message)

    def capture(self) -> Callable[[], bytes]:
        state = self.ledger.state
        return lambda: state_to_bytes(state)


LEDGER = ProjectionType(
    "ledger",
    empty=lambda: LedgerProjection(PipelineLedger()),
    restore=lambda payload: LedgerProjection(PipelineLedger(state_from_bytes(payload))),
)
