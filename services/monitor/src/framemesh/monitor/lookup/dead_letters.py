"""The frames that died, for as long as they are kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.monitor.errors import DeadLetterUnknown
from framemesh.monitor.lookup.message_window import header_window
from framemesh.runtime.jetstream.api.errors import MessageNotFound
from framemesh.runtime.jetstream.api.headers import MESSAGE_SIZE
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.ordered_reader import OrderedReader
from framemesh.runtime.jetstream.consume.received_message import ReceivedMessage
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import dead_letter_message
from framemesh.runtime.messages.dead_letter_message import DeadLetter
from framemesh.runtime.messages.subjects import dead_stream

log = get_logger()

WIDEST = 16_384
"""Messages whose headers are asked for at once: some 10 MB, in a fraction of a second."""


@dataclass(frozen=True, slots=True)
class ListedLetter:
    """A dead letter without its image."""

    letter: DeadLetter
    image_bytes: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some dead letters, newest first."""

    letters: tuple[ListedLetter, ...]
    before: int
    """Where the next page begins; 0 after the last."""


class DeadLetters:
    """Reads the streams of dead letters.

    Every method raises StreamGone when there is no such pipeline, and BrokerUnavailable when the
    broker does not answer in time.
    """

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock

    async def page(self, pipeline: str, subject: str, size: int, before: int = 0) -> Page:
        """The newest `size` of those that match `subject`, of those before `before` if it is not 0.

        A stream can be read forwards only: this reads as much of its end as a page may take, and
        at ever more in front of that until the page is full.
        """
        stream = dead_stream(pipeline)
        extent = await OrderedReader(self._broker, stream, self._clock).extent()
        last = min(before - 1, extent.last) if before else extent.last
        found: list[ReceivedMessage] = []
        width = size
        while len(found) < size and last >= extent.first:
            first = max(extent.first, last - width + 1)
            found += reversed(await header_window(self._broker, stream, subject, first, last))
            last, width = first - 1, min(2 * width, WIDEST)
        if len(found) > size:
            return Page(_letters(found[:size]), found[size - 1].sequence)
        return Page(_letters(found), last + 1 if last >= extent.first else 0)

    async def get(self, pipeline: str, subject: str) -> DeadLetter:
        """The newest one that matches `subject`.

        Raises:
            DeadLetterUnknown: the frame has no dead letter.
        """
        try:
            stored = await JetStream(self._broker).messages.direct_last(
                dead_stream(pipeline), subject
            )
        except MessageNotFound as error:
            raise DeadLetterUnknown(
                "no such dead letter is kept: `framemesh dead list` shows those that are"
            ) from error
        try:
            return dead_letter_message.from_parts(stored.subject, stored.headers, stored.payload)
        except (KeyError, ValueError) as error:
            raise DeadLetterUnknown(f"the stored message is no dead letter: {error!r}") from error


def _letters(found: Iterable[ReceivedMessage]) -> tuple[ListedLetter, ...]:
    return tuple(letter for letter in map(_letter, found) if letter)


def _letter(message: ReceivedMessage) -> ListedLetter | None:
    try:
        letter = dead_letter_message.from_parts(message.subject, message.headers, b"")
        return ListedLetter(letter, int(message.headers[MESSAGE_SIZE]))
    except (KeyError, ValueError) as error:
        log.warning("dead letter is unreadable", subject=message.subject, error=repr(error))
        return None
