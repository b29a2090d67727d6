"""What a spool on disk keeps: after a kill, a power cut, a torn file; and what it does not."""

import os
import resource
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from framemesh.sdk import SpoolFailed, SpoolInUse
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.disk.work import DiskWork, Stored
from framemesh.sdk.session.spools import LEAST_DISK_BYTES
from framemesh.sdk.spool.record import STATE_OFFSET, State, record_size
from framemesh.sdk.spool.session_file import RESERVED_AT_ONCE
from tests.unit.sdk.spools import Disk, frame

SEGMENT = LEAST_DISK_BYTES // 16


def test_frames_come_back_in_order_under_their_session_and_numbers(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    session = disk.found.session
    assert disk.found.next_sequence == 1
    disk.write(*(frame(n) for n in range(1, 6)))
    found = disk.killed()
    assert (found.session, found.next_sequence, found.unread) == (session, 6, 5)
    disk.write(frame(6))
    done = disk.do(DiskWork(load=Credit(100, 1 << 20)))
    assert list(done.loaded) == [frame(n) for n in range(1, 7)]
    assert disk.load() == []


def test_what_was_sent_and_not_answered_is_sent_again_and_what_was_answered_is_not(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path)
    disk.write(*(frame(n) for n in range(1, 5)), sent=2)
    assert disk.load(Credit(1, 100)) == [3]
    disk.settle(1, 3)
    assert disk.killed().unread == 2
    assert disk.load() == [2, 4]
    disk.settle(2, 4)
    assert disk.killed().unread == 0


def test_numbers_go_on_after_everything_was_answered(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    for n in range(1, 2000):
        disk.write(frame(n, 200), sent=1)
        disk.settle(n)
    assert len(disk.segments) == 1
    assert disk.killed().next_sequence == 2000
    disk.close()
    assert disk.open().next_sequence == 2000


def test_a_power_cut_never_gives_a_number_twice(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(*(frame(n) for n in range(1, 10)), sent=9)
    disk.kill()
    os.truncate(disk.segments[-1], 0)  # no record reached the disk
    disk.boot = "b2"
    assert disk.open().next_sequence > RESERVED_AT_ONCE
    assert disk.killed().next_sequence == disk.found.next_sequence, "a kill takes no numbers"


def test_a_jump_over_numbers_survives_a_kill_in_its_middle(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1))
    before = (disk.path / "session").read_bytes()
    disk.kill()
    disk.boot = "b2"
    jumped = disk.open().next_sequence
    disk.kill()
    (disk.path / "session").write_bytes(before)  # killed before it was written
    assert disk.open().next_sequence == jumped
    assert disk.load() == [1]


def test_a_folder_without_its_segments_goes_on_behind_what_may_have_been_used(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1), sent=1)
    disk.kill()
    for path in disk.segments:
        path.unlink()
    assert disk.open().next_sequence == RESERVED_AT_ONCE + 1


def test_numbers_are_reserved_before_they_are_used(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    for n in range(1, 3 * RESERVED_AT_ONCE, 500):
        disk.write(frame(n), sent=1)
        disk.settle(n)
        lines = (disk.path / "session").read_text().split()
        assert int(lines[lines.index("reserved") + 1]) >= n


def test_a_file_that_is_cut_at_any_byte_keeps_every_record_before_it(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "whole")
    sizes = []
    for n in range(1, 4):
        disk.write(frame(n, 40))
        sizes.append(disk.size)
    disk.kill()
    for cut in range(disk.size + 1):
        root = tmp_path / "cut"
        shutil.copytree(tmp_path / "whole", root)
        os.truncate(root / "street" / "door" / disk.segments[0].name, cut)
        torn = Disk(root)
        whole = sum(size <= cut for size in sizes)
        assert torn.found.unread == whole
        assert torn.found.cut_bytes == cut - ([0, *sizes][whole])
        assert torn.found.next_sequence == whole + 1
        torn.write(frame(whole + 1, 40))
        assert torn.killed().cut_bytes == 0
        assert torn.load() == list(range(1, whole + 2))
        torn.close()
        shutil.rmtree(root)


def test_garbage_behind_the_records_is_cut_off(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1))
    disk.kill()
    with disk.segments[0].open("ab") as file:
        file.write(os.urandom(1000))
    assert disk.open().cut_bytes == 1000
    assert disk.load() == [1]


def test_the_bound_holds_at_every_moment_and_the_oldest_go(tmp_path: Path) -> None:
    disk = Disk(tmp_path, drops=True)
    dropped = 0
    for n in range(1, 400):
        dropped += disk.write(frame(n, 10_000)).dropped
        assert disk.size <= LEAST_DISK_BYTES
    kept = disk.load()
    assert kept == list(range(400 - len(kept), 400)), "the newest"
    assert len(kept) + dropped == 399
    assert len(kept) * record_size(10_000, {}) > LEAST_DISK_BYTES - 2 * SEGMENT


def test_what_was_sent_is_not_dropped(tmp_path: Path) -> None:
    disk = Disk(tmp_path, drops=True)
    disk.write(frame(1, 10_000), sent=1)
    disk.write(frame(2, 10_000))
    dropped = sum(disk.write(frame(n, 10_000)).dropped for n in range(3, 300))
    disk.killed()
    kept = disk.load()
    assert kept[0] == 1
    assert len(kept) + dropped == 299


def test_without_a_right_to_drop_a_frame_without_room_is_not_taken(tmp_path: Path) -> None:
    disk = Disk(tmp_path, drops=True)
    stored = [disk.write(frame(n, 10_000), sent=1).stored[0] for n in range(1, 150)]
    assert stored[0] is Stored.SENT
    assert stored[-1] is Stored.DROPPED, "all others may be stored by ingest"
    assert disk.size <= LEAST_DISK_BYTES
    for n in range(1, 150):
        disk.settle(n)
    assert disk.write(frame(150, LEAST_DISK_BYTES - 1000)).stored == (Stored.WAITING,)
    assert disk.size <= LEAST_DISK_BYTES


def test_nothing_is_dropped_for_a_frame_that_finds_no_room_all_the_same(tmp_path: Path) -> None:
    disk = Disk(tmp_path, drops=True)
    disk.write(*(frame(n, 300_000) for n in range(1, 4)), sent=3)
    disk.write(frame(4, 10_000))
    done = disk.write(frame(5, 300_000))
    assert (done.stored, done.dropped, done.unread) == ((Stored.DROPPED,), 0, 1)


def test_segments_go_when_their_frames_are_answered(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(*(frame(n, 10_000) for n in range(1, 60)), sent=59)
    assert len(disk.segments) > 5
    for n in range(59, 0, -1):
        disk.settle(n)
    assert len(disk.segments) == 1


def test_frames_that_wait_too_long_are_dropped_and_those_that_were_sent_are_not(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path, max_age=60)
    disk.write(frame(1), frame(2), sent=1)
    disk.now += 30
    disk.write(frame(3))
    disk.now += 31
    done = disk.do(DiskWork())
    assert (done.dropped, done.unread) == (1, 1)
    assert disk.load() == [3]
    disk.killed()
    disk.now += 3600
    assert disk.load() == [1, 3]


def test_a_clock_that_steps_makes_no_frame_old(tmp_path: Path) -> None:
    disk = Disk(tmp_path, max_age=60)
    disk.write(frame(1))
    disk.unix_nano += 10**18
    disk.write(frame(2))
    assert disk.do(DiskWork()).dropped == 0
    disk.kill()
    disk.unix_nano = 0  # a board without a battery
    disk.open()
    disk.now += 59
    assert disk.load() == [1, 2]


def test_frames_of_an_earlier_run_have_their_age_by_the_clock(tmp_path: Path) -> None:
    disk = Disk(tmp_path, max_age=60)
    disk.write(frame(1))
    disk.unix_nano += 61 * 10**9
    disk.killed()
    assert disk.do(DiskWork()).dropped == 1


def test_an_image_that_the_disk_lost_is_dropped_alone(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1), frame(2), frame(3))
    with disk.segments[0].open("r+b") as file:
        file.seek(2 * record_size(96, {}) - 5)
        file.write(b"\xff")
    done = disk.do(DiskWork(load=Credit(9, 1 << 20)))
    assert [one.sequence for one in done.loaded] == [1, 3]
    assert (done.dropped, done.damaged) == (1, 1)


def test_a_head_that_the_disk_lost_ends_the_segment(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1), frame(2), frame(3))
    with disk.segments[0].open("r+b") as file:
        file.seek(record_size(96, {}))
        file.write(b"\xff")
    done = disk.do(DiskWork(load=Credit(9, 1 << 20)))
    assert [one.sequence for one in done.loaded] == [1]
    assert (done.damaged, done.unread) == (2, 0)
    assert disk.killed().unread == 1


def test_a_spool_has_one_camera(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    with pytest.raises(SpoolInUse, match=r"street/door is used by another camera"):
        Disk(tmp_path)
    disk.close()
    Disk(tmp_path).close()


def test_a_child_of_fork_does_not_keep_the_spool(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.unit.sdk.spools import Disk\n"
        "disk = Disk(Path(sys.argv[1]))\n"
        "ready, go = os.pipe()\n"
        "if (child := os.fork()) == 0:\n"
        "    os.close(go)\n"
        "    os.read(ready, 1)\n"
        "    os._exit(0)\n"
        "disk.close()\n"
        "Disk(Path(sys.argv[1]))\n"
        "os.close(go)\n"
        "os.waitpid(child, 0)\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, timeout=60)


def test_a_spool_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.close()
    session = disk.path / "session"
    session.write_text(session.read_text().replace("spool 1", "spool 2"))
    before = session.read_bytes()
    with pytest.raises(SpoolFailed, match="of version 2: update the SDK"):
        disk.open()
    assert session.read_bytes() == before


@pytest.mark.parametrize("text", ["", "framemesh-spool 1\n", "nonsense", "session a\nreserved 5\n"])
def test_a_session_that_is_damaged_is_named(tmp_path: Path, text: str) -> None:
    disk = Disk(tmp_path)
    disk.close()
    (disk.path / "session").write_text(text)
    with pytest.raises(SpoolFailed, match="is damaged: move the folder"):
        disk.open()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "street").write_text("a file")
    with pytest.raises(SpoolFailed, match="cannot be opened: "):
        Disk(tmp_path)


def test_a_full_disk_refuses_a_frame_and_leaves_no_part_of_it(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1, 1000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, before[1]))
    try:
        done = disk.write(frame(2, 1000), frame(3, 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert done.stored == (Stored.FAILED, Stored.FAILED)
    assert done.problem == "File too large"
    disk.write(frame(4, 1000))
    assert disk.killed().cut_bytes == 0
    assert disk.load() == [1, 4]


def test_nobody_else_may_read_the_pictures(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1))
    assert stat.S_IMODE(disk.path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in disk.path.iterdir()} == {0o600}


def test_the_state_is_where_the_page_says(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1), sent=1)
    assert disk.segments[0].read_bytes()[STATE_OFFSET] == State.SENT
    disk.settle(1)
    assert disk.segments[0].read_bytes()[STATE_OFFSET] == State.SETTLED


def test_numbers_that_were_filtered_between_two_frames_are_reserved(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.write(frame(1))
    disk.write(frame(10 * RESERVED_AT_ONCE), sent=1)
    disk.kill()
    os.truncate(disk.segments[-1], 0)
    disk.boot = "b2"
    assert disk.open().next_sequence > 10 * RESERVED_AT_ONCE
