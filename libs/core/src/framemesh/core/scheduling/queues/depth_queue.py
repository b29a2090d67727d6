"""What is nearly done first: Llama's priority at commit (arXiv 2102.01887)."""

from framemesh.core.scheduling.queues.call_queue import QueuedCall
from framemesh.core.scheduling.queues.heap_queue import HeapQueue, Key


class DepthQueue(HeapQueue):
    """The deepest call first, of equally deep ones that with the earliest deadline: frames in work
    are brought to their end before new ones are begun, so that few are held at a time."""

    def _key(self, call: QueuedCall) -> Key:
        return (-call.depth, call.deadline)
