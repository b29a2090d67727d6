"""The earliest deadline first."""

from framemesh.core.scheduling.queues.call_queue import QueuedCall
from framemesh.core.scheduling.queues.heap_queue import HeapQueue, Key


class DeadlineQueue(HeapQueue):
    """Meets all deadlines if any order does, on one backend without batches."""

    def _key(self, call: QueuedCall) -> Key:
        return (call.deadline,)
