"""One call of each camera after the other."""

from collections import OrderedDict

from framemesh.core.scheduling.queues.call_queue import (
    CallAlreadyQueued,
    QueuedCall,
    QueueEmpty,
    QueueFull,
)


class RoundRobinQueue:
    """Cameras take turns, and of one camera the calls are run as they came.

    A camera may have no more calls here than there are places left (the dynamic threshold of
    Choudhury and Hahne, 1998): however many one camera sends, the next finds room. One alone has
    half of all places. Mutable: it is a queue.
    """

    def __init__(self, bound: int) -> None:
        """`bound`: the most calls that wait, of all cameras."""
        self._bound = bound
        self._turns: OrderedDict[str, dict[int, QueuedCall]] = OrderedDict()
        """The calls of each camera with any; the first camera has its turn."""
        self._cameras: dict[int, str] = {}
        """Of each call that waits, by its id."""

    def push(self, call: QueuedCall) -> None:
        """As in `CallQueue`."""
        if call.id in self._cameras:
            raise CallAlreadyQueued(f"call {call.id} waits already: give each an id of its own")
        own = self._turns.get(call.camera)
        places = self._bound - len(self._cameras)
        if (0 if own is None else len(own)) >= places:
            raise QueueFull(f"{call.camera} has its share of {self._bound} places: offer it later")
        if own is None:
            own = self._turns[call.camera] = {}
        own[call.id] = call
        self._cameras[call.id] = call.camera

    def peek(self) -> QueuedCall | None:
        """As in `CallQueue`."""
        own = next(iter(self._turns.values()), None)
        return None if own is None else next(iter(own.values()))

    def pop(self) -> QueuedCall:
        """As in `CallQueue`."""
        call = self.peek()
        if call is None:
            raise QueueEmpty("no call waits: look with peek first")
        self.remove(call.id)
        if call.camera in self._turns:
            self._turns.move_to_end(call.camera)
        return call

    def remove(self, call: int) -> QueuedCall | None:
        """As in `CallQueue`; the turn of its camera stays."""
        camera = self._cameras.pop(call, None)
        if camera is None:
            return None
        own = self._turns[camera]
        removed = own.pop(call)
        if not own:
            del self._turns[camera]
        return removed

    def __len__(self) -> int:
        return len(self._cameras)
