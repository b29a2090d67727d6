from collections.abc import Mapping

import pytest

from framemesh.core.errors import InvalidName
from framemesh.core.frame import Frame, FrameId
from framemesh.runtime.jetstream.connection.broker import HEADER_BYTES
from framemesh.runtime.jetstream.publish.publisher import headers_of
from framemesh.runtime.messages.dead_letter_message import (
    DeadLetter,
    from_parts,
    selected,
    to_message,
)

TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def letter(detail: str, headers: Mapping[str, str] | None = None) -> DeadLetter:
    frame = Frame(FrameId("n" * 64, "s" * 64, 10**18), 10**18, b"image", 0x1F, headers or {})
    return DeadLetter(frame, "r" * 40, detail, 20, "w" * 64, 10**18)


@pytest.mark.parametrize("detail", ["", "bad marker: 0xff, 100%", "two\nlines\r\n", "\u00e4\u4e2d"])
def test_a_letter_comes_back_from_its_message(detail: str) -> None:
    message = to_message("street", letter(detail))
    assert from_parts(message.subject, message.headers, message.payload) == letter(detail)


def test_headers_of_the_frame_that_are_not_known_are_kept() -> None:
    message = to_message("street", letter("", TRACE))
    found = from_parts(message.subject, headers_of(message), message.payload)
    assert found.frame.headers == TRACE


@pytest.mark.parametrize("own", [{}, TRACE, {f"X-{n}": "\u4e2d" * 50 for n in range(99)}])
def test_however_much_there_is_to_say_the_headers_leave_room_for_the_largest_image(
    own: dict[str, str],
) -> None:
    message = to_message("street", letter("\u4e2d\n" * 5000, own))
    headers = headers_of(message).items()
    size = sum(len(name) + len(value.encode()) + 4 for name, value in headers)
    assert size < HEADER_BYTES - 20
    said = from_parts(message.subject, message.headers, b"").detail
    assert said.startswith("\u4e2d\n" * 15)


@pytest.mark.parametrize("headers", [{}, {"Framemesh-Captured": "noon"}])
def test_what_is_no_letter_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises((KeyError, ValueError)):
        from_parts("dead.street.north.s1.1", headers, b"image")


def test_what_is_left_out_of_a_selection_may_be_any() -> None:
    assert selected("street") == "dead.street.*.*.*"
    assert selected("street", "north", sequence=7) == "dead.street.north.*.7"
    assert selected("street", "north", "s1", 7) == "dead.street.north.s1.7"
    for wild in ({"camera": "*"}, {"session": ">"}, {"camera": "a.b"}):
        with pytest.raises(InvalidName):
            selected("street", **wild)  # type: ignore[arg-type]
