from framemesh.core.frame import FrameId
from framemesh.monitor.dashboard.pictures.kept import MAX_SECONDS, KeptPictures
from framemesh.monitor.dashboard.pictures.picture import CameraKey, Picture
from tests.hand_clock import HandClock

NORTH = CameraKey("street", "north")


def picture(sequence: int, size: int = 100, camera: CameraKey = NORTH) -> Picture:
    return Picture(camera, FrameId(camera.camera, "s", sequence), 0.0, bytes(size))


def kept(pictures: KeptPictures, camera: CameraKey = NORTH) -> list[int]:
    return [each.frame.sequence for each in pictures.of(camera)]


def test_the_oldest_make_room_whatever_their_camera() -> None:
    pictures = KeptPictures(HandClock(), max_bytes=300)
    south = CameraKey("street", "south")
    for sequence in (1, 2):
        pictures.add(picture(sequence))
        pictures.add(picture(sequence, camera=south))
    assert (kept(pictures), kept(pictures, south)) == ([2], [1, 2])
    assert pictures.get("street", FrameId("north", "s", 1)) is None
    assert pictures.get("street", FrameId("north", "s", 2)) == picture(2)


def test_one_that_is_too_large_for_all_room_is_not_kept() -> None:
    pictures = KeptPictures(HandClock(), max_bytes=300)
    pictures.add(picture(1, size=400))
    assert kept(pictures) == []


def test_old_ones_are_forgotten() -> None:
    clock = HandClock()
    pictures = KeptPictures(clock)
    pictures.add(picture(1))
    clock.seconds += MAX_SECONDS - 1
    pictures.add(picture(2))
    assert kept(pictures) == [1, 2]
    clock.seconds += 2
    assert kept(pictures) == [2]


def test_a_frame_that_is_shown_twice_is_kept_once() -> None:
    pictures = KeptPictures(HandClock(), max_bytes=300)
    for _ in range(5):
        pictures.add(picture(1))
    assert kept(pictures) == [1]
    pictures.add(picture(2))
    assert kept(pictures) == [1, 2]
