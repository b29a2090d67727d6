import os
from pathlib import Path

import pytest

from framemesh.agent import worker_env
from framemesh.agent.worker_env import WorkerEnv


def test_folders_of_workers_that_are_gone_are_removed(tmp_path: Path) -> None:
    env = WorkerEnv("127.0.0.1:1", tmp_path)
    for worker in ("street-r1-0", "street-r2-0"):
        env.folder(worker).mkdir(parents=True)
    env.clean({"street-r2-0"})
    assert [path.name for path in (tmp_path / "workers").iterdir()] == ["street-r2-0"]


def test_of_workers_that_are_gone_the_newest_logs_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_env, "LOGS_KEPT", 2)
    env = WorkerEnv("127.0.0.1:1", tmp_path)
    for revision in range(1, 6):
        log = env.log(f"street-r{revision}-0")
        log.parent.mkdir(parents=True, exist_ok=True)
        for file in (log, log.with_name(f"{log.name}.1")):
            file.touch()
            os.utime(file, (revision, revision))
    env.clean({"street-r1-0"})
    left = {path.name for path in (tmp_path / "logs" / "workers").iterdir()}
    kept = {f"street-r{revision}-0.log" for revision in (1, 4, 5)}
    assert left == kept | {f"{name}.1" for name in kept}


def test_nothing_to_clean_is_fine(tmp_path: Path) -> None:
    WorkerEnv("127.0.0.1:1", tmp_path / "new").clean(set())


def test_what_cannot_be_removed_does_not_end_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_env, "LOGS_KEPT", 1)
    env = WorkerEnv("127.0.0.1:1", tmp_path)
    for worker in ("street-r1-0", "street-r2-0", "street-r3-0"):
        env.log(worker).parent.mkdir(parents=True, exist_ok=True)
    # A log that is gone when it is looked at, and one that is no file.
    env.log("street-r1-0").symlink_to(tmp_path / "nothing")
    env.log("street-r2-0").mkdir()
    env.log("street-r3-0").touch()
    env.clean(set())
    assert env.log("street-r3-0").exists()


def test_workers_serve_metrics_where_their_agent_does_each_on_a_port_of_its_own(
    tmp_path: Path,
) -> None:
    assert WorkerEnv("127.0.0.1:1", tmp_path).metrics(7410) == ""
    env = WorkerEnv("127.0.0.1:1", tmp_path, metrics_host="10.0.0.1")
    assert env.metrics(7410) == "10.0.0.1:7510"
