"""Certificates are taken over when their files change, and never half of them."""

from pathlib import Path

import pytest

from framemesh.tls.files import CertificateFault, TlsFiles
from framemesh.tls.watched import CHECK_SECONDS, WatchedFiles
from tests.certificates import Certificates
from tests.hand_clock import HandClock


class Bench:
    """Watched files of a server, and a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.certificates = Certificates.create(folder)
        self.files = self.certificates.server()
        self.clock = HandClock()
        self.faults: list[str] = []
        self.watched = WatchedFiles(self.files, self.faults.append, self.clock.monotonic)

    def version(self) -> int:
        """After the next look at the files."""
        self.clock.seconds += CHECK_SECONDS
        return self.watched.current()[0]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "certs")


def test_files_that_stay_are_read_once(bench: Bench) -> None:
    first = bench.watched.material
    assert bench.version() == 0
    assert bench.watched.material is first


def test_a_new_pair_is_taken_over(bench: Bench) -> None:
    bench.certificates.server()
    assert bench.version() == 1
    assert bench.watched.material == bench.files.read()
    assert not bench.faults


def test_files_are_looked_at_once_a_second_at_most(bench: Bench) -> None:
    bench.certificates.server()
    assert bench.watched.current()[0] == 0
    assert bench.version() == 1


def test_half_of_a_new_pair_is_not_used(bench: Bench) -> None:
    """Of two files one is written first."""
    old, folder = bench.watched.material, bench.certificates.folder
    certificate = folder.certificate("server").read_bytes()
    bench.certificates.server()
    new = folder.certificate("server").read_bytes()
    folder.certificate("server").write_bytes(certificate)
    assert bench.version() == 0
    assert bench.version() == 0
    assert bench.watched.material is old
    assert len(bench.faults) == 1
    assert "is not the key of" in bench.faults[0]
    folder.certificate("server").write_bytes(new)
    assert bench.version() == 1


def test_files_that_are_gone_for_a_while_change_nothing(bench: Bench) -> None:
    key = bench.certificates.folder.key("server")
    content = key.read_bytes()
    key.unlink()
    assert bench.version() == 0
    key.write_bytes(content)
    assert bench.version() == 0
    assert len(bench.faults) == 1


def test_files_that_are_never_there_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(CertificateFault):
        WatchedFiles(TlsFiles(tmp_path / "gone"))
