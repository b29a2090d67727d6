"""Between the thread that reads a source and the one that gives its frames away."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from framemesh.sources.messages import Ended, Opened, UnreadableFrame
from framemesh.sources.readers.picture import Picture

READ_AHEAD = 2
"""Pictures of a file: one is decoded while another is encoded."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A picture, and which one of the source it is."""

    number: int
    picture: Picture


class Mailbox:
    """A live source replaces what waits by what is newer; any other one waits for its reader.

    All attributes are read under `changed`, the lock of this mailbox.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.changed = threading.Condition()
        self.opened: Opened | None = None
        self.ended: Ended | None = None
        self.unreadable: deque[UnreadableFrame] = deque()
        """Few: a source that is not live waits until they are told."""
        self.wanted = 0
        """Frames that were asked for, and not given yet."""
        self.received = 0
        self.skipped = 0
        self._pictures: deque[Numbered] = deque()
        self._clock = clock
        self._last = clock()

    # For the thread that reads.

    def open(self, opened: Opened) -> None:
        with self.changed:
            self.opened, self._last = opened, self._clock()
            self.changed.notify_all()

    def put(self, item: Picture | UnreadableFrame, every: int) -> None:
        """Blocks, unless the source is live, until there is room."""
        with self.changed:
            if isinstance(item, UnreadableFrame):
                self.unreadable.append(item)
            else:
                self._add(item, every)
            self.changed.notify_all()
            if not self._is_live:
                self.changed.wait_for(lambda: self._room)

    def end(self, ended: Ended) -> None:
        with self.changed:
            self.ended = self.ended or ended
            self.changed.notify_all()

    # For the thread that gives; it has the lock.

    @property
    def first(self) -> Picture | None:
        """What is taken next."""
        return self._pictures[0].picture if self._pictures else None

    def take(self) -> Numbered:
        """The next picture, of which there is one."""
        taken = self._pictures.popleft()
        self.changed.notify_all()
        return taken

    @property
    def is_over(self) -> bool:
        """Whether it ended, and all that it gave is taken."""
        has_more = bool(self.unreadable) or (bool(self._pictures) and not self._is_live)
        return self.ended is not None and not has_more

    @property
    def quiet_seconds(self) -> float:
        """Since it was opened or gave a picture."""
        return self._clock() - self._last

    @property
    def _is_live(self) -> bool:
        return self.opened is not None and self.opened.live

    @property
    def _room(self) -> bool:
        return len(self._pictures) < READ_AHEAD and len(self.unreadable) < READ_AHEAD

    def _add(self, picture: Picture, every: int) -> None:
        self.received += 1
        self._last = self._clock()
        if (self.received - 1) % every:
            self.skipped += 1
            return
        if self._is_live and self._pictures:
            self._pictures.clear()
            self.skipped += 1
        self._pictures.append(Numbered(self.received, picture))
