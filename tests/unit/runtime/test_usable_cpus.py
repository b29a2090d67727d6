"""How many CPUs a process in a container counts on."""

import os
from pathlib import Path

import pytest

from framemesh.runtime.processes.cpus import usable_cpus

ALL = len(os.sched_getaffinity(0))


def test_without_limits_all_that_the_process_may_run_on(tmp_path: Path) -> None:
    assert usable_cpus(tmp_path) == ALL


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("100000 100000", 1), ("20000 100000", 1), ("max 100000", ALL), ("9900000 100000", ALL)],
)
def test_a_limit_of_version_2_counts_in_whole_cpus(
    tmp_path: Path, limit: str, expected: int
) -> None:
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    assert usable_cpus(tmp_path) == expected


@pytest.mark.parametrize(("quota", "expected"), [("50000", 1), ("-1", ALL)])
def test_a_limit_of_version_1_counts_as_well(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert usable_cpus(tmp_path) == expected


def test_what_cannot_be_read_is_no_limit(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("something else")
    assert usable_cpus(tmp_path) == ALL
