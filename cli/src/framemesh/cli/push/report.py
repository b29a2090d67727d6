"""What became of the frames of a push, by the names that the user knows."""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence

from framemesh.cli.push.plan import CapturedFrame
from framemesh.sdk import FrameRejected

REMEMBERED_FRAMES = 4096
"""Names of the latest frames. A frame is answered at the latest once the credit (32 by default) and
the spool (64) are used up by later ones."""

LISTED_NAMES = 10
"""Names that are printed in one line."""

LISTED_REASONS = 100
"""Lines about what cannot be read."""


class PushReport:
    """Collects what was sent, rejected and unreadable; memory is bounded."""

    def __init__(self) -> None:
        self._names: OrderedDict[int, str] = OrderedDict()
        self._rejected: Counter[str] = Counter()
        self._messages: dict[str, str] = {}
        """Reason -> the message of its first frame."""
        self._rejected_names: dict[str, dict[str, None]] = {}
        """Reason -> names of frames, in order and each once, LISTED_NAMES + 1 at most."""
        self._unreadable: dict[str, None] = {}
        """Reasons, in order and each once, LISTED_REASONS at most."""
        self._unreadable_count = 0
        self.encoded = 0
        """Frames of the source that are not sent as they are there."""
        self.progress: float | None = None
        """How much of the source is read, 0 to 1."""

    @property
    def failed(self) -> bool:
        """Whether a frame was rejected, or could not be read."""
        return bool(self._rejected or self._unreadable_count)

    def captured(self, frame: CapturedFrame, progress: float | None = None) -> None:
        """A frame is about to be sent."""
        self.progress = progress
        self.encoded += not frame.is_original
        self._names[frame.number] = frame.name
        if len(self._names) > REMEMBERED_FRAMES:
            self._names.popitem(last=False)

    def rejected(self, frame: FrameRejected) -> None:
        """Ingest refused a frame of one of the cameras; all number their frames in the same way."""
        self._rejected[frame.reason] += 1
        self._messages.setdefault(frame.reason, frame.message)
        names = self._rejected_names.setdefault(frame.reason, {})
        if len(names) <= LISTED_NAMES:
            names[self._names.get(frame.sequence, f"frame {frame.sequence}")] = None

    def unreadable(self, reason: str) -> None:
        """An image of the source was left out."""
        self._unreadable_count += 1
        if len(self._unreadable) < LISTED_REASONS:
            self._unreadable[reason] = None

    def lines(self) -> Iterator[str]:
        for reason, count in self._rejected.most_common():
            names = listed(list(self._rejected_names[reason]))
            yield f"{count} rejected as {reason} ({names}): {self._messages[reason]}"
        yield from self._unreadable
        if len(self._unreadable) == LISTED_REASONS:
            yield f"{self._unreadable_count} in all cannot be read"


def listed(names: Sequence[str]) -> str:
    """The names, or the first LISTED_NAMES of them."""
    rest = ", ..." if len(names) > LISTED_NAMES else ""
    return ", ".join(names[:LISTED_NAMES]) + rest
