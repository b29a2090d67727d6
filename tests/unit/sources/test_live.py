"""The parts that keep a live source live: its clock, its packets, its mailbox."""

from dataclasses import dataclass

import pytest

from framemesh.core.clock import NANO
from framemesh.sources.child.mailbox import Mailbox
from framemesh.sources.messages import Ended, EndKind, Opened
from framemesh.sources.readers.packet_queue import MAX_PACKETS, PacketQueue
from framemesh.sources.readers.picture import Picture
from framemesh.sources.readers.stream_clock import StreamClock

NOW = 1_700_000_000 * NANO


@dataclass
class Packet:
    number: int
    is_keyframe: bool
    size: int = 1000


def test_what_a_network_held_back_keeps_its_age() -> None:
    clock = StreamClock()
    for n in range(100):
        clock.arrived(n / 25, NOW + n * NANO // 25)
    # Three seconds of pictures come at once.
    late = NOW + 7 * NANO
    for n in range(100, 175):
        clock.arrived(n / 25, late)
    assert clock.captured(100 / 25, late) == NOW + 4 * NANO
    assert late - clock.captured(174 / 25, late) == pytest.approx(0.04 * NANO, abs=1)


def test_a_frame_is_never_newer_than_its_arrival() -> None:
    clock = StreamClock()
    clock.arrived(10.0, NOW)
    assert clock.captured(10.5, NOW) == NOW


@pytest.mark.parametrize("jump", [-1000.0, 1000.0, 95443.7])
def test_a_stream_whose_clock_jumps_is_stamped_by_its_arrival(jump: float) -> None:
    clock = StreamClock()
    clock.arrived(5000.0, NOW)
    clock.arrived(5000.0 + jump, NOW + NANO)
    assert clock.captured(5000.0 + jump, NOW + NANO) == NOW + NANO


def test_a_clock_that_is_slow_by_a_percent_makes_no_frame_old() -> None:
    clock = StreamClock()
    for n in range(60 * 25):
        arrival = NOW + n * NANO // 25
        clock.arrived(n / 25 * 0.99, arrival)
    assert 0 <= arrival - clock.captured(n / 25 * 0.99, arrival) < NANO / 2


def test_a_decoder_that_falls_behind_goes_on_at_the_newest_key_frame() -> None:
    queue: PacketQueue[Packet] = PacketQueue()
    for n in range(MAX_PACKETS + 10):
        queue.put(Packet(n, is_keyframe=n % 50 == 0))
    first = queue.get()
    assert first.is_keyframe
    assert first.number > MAX_PACKETS - 60
    assert queue.skipped == first.number


def test_without_a_key_frame_all_up_to_the_next_is_left_out() -> None:
    queue: PacketQueue[Packet] = PacketQueue()
    for n in range(MAX_PACKETS + 1):
        queue.put(Packet(n, is_keyframe=False))
    queue.put(Packet(-1, is_keyframe=False))
    queue.put(Packet(7, is_keyframe=True))
    queue.put(Packet(8, is_keyframe=False))
    assert (queue.get().number, queue.get().number) == (7, 8)
    queue.end(RuntimeError("over"))
    with pytest.raises(RuntimeError, match="over"):
        queue.get()


def mailbox(*, live: bool) -> Mailbox:
    box = Mailbox(clock=lambda: 0.0)
    box.open(Opened(live=live))
    return box


def take(box: Mailbox) -> int:
    with box.changed:
        return box.take().number


def test_only_the_newest_frame_of_a_live_source_waits() -> None:
    box = mailbox(live=True)
    for n in range(1, 8):
        box.put(Picture(f"{n}"), every=1)
    assert (take(box), box.first) == (7, None)
    assert (box.received, box.skipped) == (7, 6)


def test_each_third_frame_is_the_first_the_fourth_and_so_on() -> None:
    box = mailbox(live=True)
    taken = []
    for n in range(1, 8):
        box.put(Picture(f"{n}"), every=3)
        if box.first is not None:
            taken.append(take(box))
    assert taken == [1, 4, 7]
    assert box.skipped == 4


def test_a_file_is_over_when_all_of_it_is_taken() -> None:
    box = mailbox(live=False)
    box.put(Picture("1"), every=1)
    box.end(Ended(EndKind.END))
    assert not box.is_over
    take(box)
    assert box.is_over
