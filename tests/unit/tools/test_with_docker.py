"""A docker that was started for tests is stopped after them, whatever becomes of them."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "swarm/with_docker.sh"

PROGRAMS = {
    # It answers while dockerd runs.
    "docker": 'test -e "$STATE/up"',
    "dockerd": 'touch "$STATE/up" "$STATE/started"; trap \'rm "$STATE/up"; exit\' TERM\n'
    "while :; do sleep 0.05; done",
    "id": "echo 0",
    "ip": 'echo "ip $*" >> "$STATE/network"',
    "iptables-save": "echo '*filter'",
    "iptables-restore": 'echo "restored $(cat)" >> "$STATE/network"',
    **dict.fromkeys(("apt-get", "mmdebstrap", "docker-registry"), "exit 0"),
}


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the stand-ins for the programs write what they did."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in PROGRAMS.items():
        write_program(programs / name, body)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("STATE", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield tmp_path
    assert not (tmp_path / "up").exists()


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (SCRIPT, *command), check=False, capture_output=True, text=True, timeout=30
    )


def test_docker_is_started_for_a_command_and_stopped_after_it(state: Path) -> None:
    ended = run("sh", "-c", "docker && echo answered; exit 3")
    assert (ended.stdout, ended.returncode) == ("answered\n", 3)
    done = (state / "network").read_text()
    assert "ip link delete docker0" in done
    assert "restored *filter" in done


def test_a_docker_that_runs_already_is_left_alone(state: Path) -> None:
    (state / "up").touch()
    assert run("docker").returncode == 0
    assert not (state / "started").exists()
    (state / "up").unlink()


def test_where_docker_does_not_start_the_command_runs_and_it_is_said(state: Path) -> None:
    write_program(state / "bin/dockerd", "echo no cgroups >&2; exit 1")
    ended = run("echo", "ran")
    assert (ended.stdout, ended.returncode) == ("ran\n", 0)
    assert ended.stderr == "dockerd does not start: no cgroups\n"


def test_what_is_told_to_stop_stops_its_command_and_docker(state: Path) -> None:
    with subprocess.Popen(
        (SCRIPT, "sh", "-c", "echo began; exec sleep 60"), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "began\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) != 0
    assert (state / "started").exists()
