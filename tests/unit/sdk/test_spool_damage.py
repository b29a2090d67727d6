"""A spool whose files are damaged: what is read back is what was written, and a camera goes on."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from framemesh.sdk import SpoolFailed
from framemesh.sdk.session.disk.work import DiskWork
from tests.fuzzing import damaged, damaged_inputs
from tests.unit.sdk.spools import ALL, Disk, frame

FRAMES = {n: frame(n) for n in range(1, 10)}


def assert_named(error: SpoolFailed, folder: Path) -> None:
    assert str(folder) in str(error)


@damaged_inputs
@given(data=st.data(), of_session=st.booleans(), power_cut=st.booleans())
def test_a_damaged_spool(data: st.DataObject, *, of_session: bool, power_cut: bool) -> None:
    with tempfile.TemporaryDirectory() as root:
        disk = Disk(Path(root))
        disk.write(*FRAMES.values(), sent=4)
        disk.settle(2)
        session = disk.found.session
        disk.kill()
        path = disk.path / "session" if of_session else disk.segments[0]
        path.write_bytes(data.draw(damaged(path.read_bytes())))
        if power_cut:
            disk.boot = "b2"
        try:
            found = disk.open()
        except SpoolFailed as error:
            assert_named(error, disk.path)
            return
        new = frame(found.next_sequence)
        disk.write(new)
        loaded = disk.do(DiskWork(load=ALL)).loaded
        disk.close()
        assert loaded[-1] == new
        if power_cut and not of_session:
            assert found.session == session
            assert new.sequence not in FRAMES
        assert all(FRAMES.get(each.sequence) == each for each in loaded[:-1])
