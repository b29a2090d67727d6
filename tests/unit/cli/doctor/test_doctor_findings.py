"""Each thing that may be wrong, one by one: what is found, and how bad it is."""

import os
import resource
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from framemesh.cli.doctor.checks import (
    broker,
    broker_clock,
    certificates,
    clock,
    disk,
    docker,
    gpu,
    leftovers,
    limits,
    memory,
    nats_server,
    packages,
    ports,
    registry,
    replicas,
    services,
)
from framemesh.cli.doctor.finding import Finding, Status
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.run_state import ProgramStatus, RunState
from framemesh.runtime.jetstream.api.streams import StreamConfig, StreamInfo, StreamState
from framemesh.runtime.processes.programs import ProgramMissing
from framemesh.runtime.processes.supervision import State

GOOD, NOTE, WARNING, PROBLEM = Status.GOOD, Status.NOTE, Status.WARNING, Status.PROBLEM
GIB = 1024**3


def around(data: Path, **more: Any) -> Surroundings:
    return Surroundings(data, Ports.free(), **more)


def only(findings: Sequence[Finding]) -> Finding:
    (finding,) = findings
    return finding


def wrong(finding: Finding, status: Status, words: str) -> None:
    """It is so bad, says this, and says what to do."""
    assert finding.status is status
    assert words in finding.words
    assert finding.remedy


def test_packages_of_one_version_are_good() -> None:
    found = packages.packages({"framemesh-cli": "0.2.0", "framemesh-core": "0.2.0"})
    assert (found.status, found.words) == (GOOD, "framemesh 0.2.0, 2 packages alike")


def test_a_package_of_another_version_is_named() -> None:
    versions = {"framemesh-cli": "0.2.0", "framemesh-core": "0.2.0", "framemesh-worker": "0.1.0"}
    wrong(packages.packages(versions), PROBLEM, "framemesh-worker 0.1.0 beside framemesh 0.2.0")


async def test_the_packages_of_this_environment_are_alike(tmp_path: Path) -> None:
    found = await packages.examine(around(tmp_path))
    assert {each.status for each in found} <= {GOOD, NOTE}
    assert [each.status for each in found[:2]] == [GOOD, GOOD]


def test_a_python_that_is_too_old_is_a_problem() -> None:
    wrong(packages.python((3, 10, 4)), PROBLEM, "Python 3.10.4 is too old")


@pytest.mark.parametrize(
    ("prefix", "configured", "slow"),
    [
        ("/usr", "'--enable-shared'", False),
        ("/usr/local", "'--enable-optimizations' '--with-lto'", False),
        ("/opt/python", "'--enable-shared'", True),
    ],
)
def test_a_python_that_was_compiled_to_be_slow_is_told(
    prefix: str, configured: str, slow: bool
) -> None:
    found = packages.python_build(prefix, configured)
    assert (found is not None) == slow
    if found is not None:
        wrong(found, NOTE, "without profile-guided optimization")


def test_a_native_library_that_is_not_used_is_told() -> None:
    assert packages.native("") is None
    found = packages.native("was not built")
    assert found is not None
    wrong(found, NOTE, "native library that prepares inputs was not built")


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ("nats-server: v2.15.1", GOOD, "nats-server 2.15.1"),
        ("nats-server: v2.9.25", PROBLEM, "nats-server 2.9.25 is too old"),
        ("hello", PROBLEM, "is no nats-server: it says 'hello'"),
    ],
)
def test_a_nats_server_has_a_version(said: str, status: Status, words: str) -> None:
    found = nats_server.judged(said, "/bin/nats-server")
    assert (found.status, words in found.words) == (status, True)


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


async def test_another_program_in_its_place_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = program(tmp_path / "nats-server", "echo nats-server: v2.1.0")
    monkeypatch.setenv("FRAMEMESH_NATS_SERVER", fake)
    wrong(only(await nats_server.examine(around(tmp_path))), PROBLEM, "2.1.0 is too old")


async def test_a_program_that_is_missing_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMEMESH_NATS_SERVER", str(tmp_path / "none"))
    with pytest.raises(ProgramMissing, match="FRAMEMESH_NATS_SERVER names"):
        await nats_server.examine(around(tmp_path))


async def test_a_port_that_another_program_has_is_named_with_it(tmp_path: Path) -> None:
    surroundings = around(tmp_path)
    assert only(await ports.examine(surroundings)).status is GOOD
    address = ("127.0.0.1", surroundings.ports.base + 2)
    with HTTPServer(address, BaseHTTPRequestHandler):
        found = only(await ports.examine(surroundings))
    wrong(found, PROBLEM, f"port {address[1]}, which master needs, is taken by ")
    assert f"(process {os.getpid()})" in found.words


async def test_the_ports_of_a_mesh_that_runs_are_its_own(tmp_path: Path) -> None:
    assert only(await ports.examine(around(tmp_path, supervisor=1))).status is GOOD


@pytest.mark.parametrize(
    ("free", "status"), [(100 * GIB, GOOD), (2 * GIB, WARNING), (100 * 1024**2, PROBLEM)]
)
def test_a_full_disk_is_a_problem_and_little_room_a_warning(free: int, status: Status) -> None:
    found = disk.room(Path("/data"), free)
    assert found.status is status
    assert bool(found.remedy) == (status is not GOOD)


async def test_a_folder_that_is_not_there_yet_is_looked_for_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "LEAST_BYTES", 1 << 62)
    (found, *_) = await disk.examine(around(tmp_path / "a" / "b"))
    wrong(found, PROBLEM, "the disk is full: ")
    assert str(tmp_path) in found.words
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("free", "status"), [(9 * GIB, GOOD), (GIB, WARNING), (100 * 1024**2, PROBLEM)]
)
def test_memory_has_to_suffice(free: int, status: Status) -> None:
    assert memory.available(free, 16 * GIB).status is status


def test_the_shared_memory_of_a_container_is_too_small() -> None:
    wrong(only(list(memory.shared(64 * 1024**2))), WARNING, "shm has only 64 MiB")
    assert not list(memory.shared(GIB))


@pytest.mark.parametrize(
    ("files", "status"),
    [(resource.RLIM_INFINITY, GOOD), (65536, GOOD), (1024, WARNING), (64, PROBLEM)],
)
def test_open_files_are_limited(files: int, status: Status) -> None:
    assert limits.open_files(files).status is status


def test_few_processes_are_a_warning() -> None:
    wrong(only(list(limits.threads(100))), WARNING, "100 processes and threads")
    assert not list(limits.threads(resource.RLIM_INFINITY))


def test_a_limit_of_the_size_of_files_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (4096, 4096))
    wrong(only(list(limits.file_size())), WARNING, "4,096 bytes at most")


def test_a_clock_that_jumps_is_a_warning() -> None:
    wrong(clock.jumps(-3.2), WARNING, "jumped by -3.20 s")
    assert clock.jumps(0.004).status is GOOD


def test_a_clock_that_follows_no_other_is_a_warning() -> None:
    wrong(clock.synchronised(lambda: 0x41), WARNING, "not synchronised")
    assert clock.synchronised(lambda: 0x2001).status is GOOD


def test_a_clock_that_cannot_be_asked_is_a_note() -> None:
    def denied() -> int:
        raise PermissionError

    assert clock.synchronised(denied).status is NOTE


def test_the_kernel_is_asked_without_a_change() -> None:
    assert clock.kernel_clock() >= 0


@pytest.mark.parametrize(
    ("offset", "error", "status", "words"),
    [
        (0.02, 0.001, GOOD, "is that of this machine"),
        (0.5, 0.001, WARNING, "0.50 s ahead of"),
        (-7.0, 0.001, PROBLEM, "7.00 s behind"),
        (0.5, 0.8, GOOD, "within 800 ms"),
    ],
)
def test_the_clock_of_the_broker_is_compared(
    offset: float, error: float, status: Status, words: str
) -> None:
    found = broker_clock.judged(offset, error)
    assert (found.status, words in found.words) == (status, True)


@pytest.mark.parametrize(
    ("answer", "limit", "status", "words"),
    [
        ({"streams": 4, "storage": GIB}, 10 * GIB, GOOD, "4 streams, 1.1 GB used"),
        ({"streams": 4, "storage": 9.5 * GIB}, 10 * GIB, WARNING, "nearly full"),
        ({"error": {"description": "not enabled"}}, -1, PROBLEM, "no JetStream: not enabled"),
        ({"storage": 5}, -1, GOOD, "0 streams, 5 bytes used"),
    ],
)
def test_jetstream_has_to_have_room(
    answer: dict[str, Any], limit: int, status: Status, words: str
) -> None:
    found = only(list(broker.storage(answer, limit)))
    assert (found.status, words in found.words) == (status, True)


def test_a_broker_that_is_too_old_is_a_problem() -> None:
    wrong(only(list(broker.version({"ver": "2.10.4"}))), PROBLEM, "2.10.4 is too old")


def stream(name: str, replicas: int, *, leader: str = "n1", followers: int = 0) -> StreamInfo:
    state = StreamState(0, 0, 0, 0)
    return StreamInfo(StreamConfig(name=name, replicas=replicas), "", state, leader, followers)


@pytest.mark.parametrize(
    ("found", "servers", "status", "words"),
    [
        (stream("S", 3, leader=""), 3, PROBLEM, "without a leader: S"),
        (stream("S", 3, followers=1), 3, WARNING, "lack a replica for now: S"),
        (stream("S", 1), 3, WARNING, "one replica in a cluster of 3: S"),
    ],
)
def test_a_stream_that_lacks_replicas_is_named(
    found: StreamInfo, servers: int, status: Status, words: str
) -> None:
    wrong(only(list(replicas.judged([found], servers))), status, words)


def test_streams_with_all_replicas_and_streams_of_one_server_are_well() -> None:
    assert not list(replicas.judged([stream("S", 3, followers=2)], 3))
    assert not list(replicas.judged([stream("S", 1)], 1))


async def test_without_a_mesh_nothing_of_it_is_wrong(tmp_path: Path) -> None:
    assert only(await services.examine(around(tmp_path))).status is NOTE
    for check in (broker, broker_clock, replicas):
        assert not await check.examine(around(tmp_path))
    elsewhere = around(tmp_path, services={"master": "m:1"})
    assert only(await broker.examine(elsewhere)).words == "no broker was named (--nats)"


def status_of(name: str, state: State, **more: Any) -> ProgramStatus:
    return ProgramStatus(name, "127.0.0.1:1", "log", state, **more)


def test_what_the_supervisor_says_is_told() -> None:
    stuck = status_of("nats", State.STUCK, trouble="the disk is full")
    wrong(only(list(services.troubled([stuck]))), PROBLEM, "nats is stuck: the disk is full")
    again = status_of("ingest", State.READY, restarts=3, trouble="killed by signal 9")
    wrong(only(list(services.troubled([again]))), WARNING, "restarted 3 times: killed by signal 9")
    assert not list(services.troubled([status_of("ingest", State.READY)]))


async def test_a_service_that_does_not_answer_is_a_problem(tmp_path: Path) -> None:
    surroundings = around(tmp_path, services={"master": f"127.0.0.1:{Ports.free().base}"})
    wrong(only(await services.examine(surroundings)), PROBLEM, "master does not answer at")


def run_state(pid: int) -> RunState:
    return RunState(pid, "nats://n", "i", "m", "o", ())


async def test_what_is_left_of_a_mesh_is_told(tmp_path: Path) -> None:
    assert only(await leftovers.examine(around(tmp_path))).status is GOOD
    stale = around(tmp_path, run=run_state(77))
    wrong(only(await leftovers.examine(stale)), WARNING, "of a supervisor that is gone (77)")


async def test_a_mesh_that_runs_has_its_own_run_json(tmp_path: Path) -> None:
    mine = around(tmp_path, run=run_state(77), supervisor=77)
    assert only(await leftovers.examine(mine)).status is GOOD
    others = around(tmp_path, run=run_state(77), supervisor=78)
    wrong(only(await leftovers.examine(others)), WARNING, "process 78 holds")


@pytest.mark.parametrize(
    ("information", "status", "words"),
    [
        ({"ServerVersion": "29", "Swarm": {"LocalNodeState": "inactive"}}, NOTE, "in no swarm"),
        (
            {
                "ServerVersion": "29",
                "Swarm": {"LocalNodeState": "active", "ControlAvailable": True},
            },
            GOOD,
            "a manager of a swarm",
        ),
        (
            {"ServerVersion": "29", "Swarm": {"LocalNodeState": "error", "Error": "no manager"}},
            PROBLEM,
            "this node of the swarm is error: no manager",
        ),
    ],
)
def test_docker_says_what_it_is(information: dict[str, Any], status: Status, words: str) -> None:
    found = docker.judged(information)
    assert (found.status, words in found.words) == (status, True)


async def test_no_docker_is_a_note(tmp_path: Path) -> None:
    assert only(await docker.examine(around(tmp_path, docker=tmp_path / "none"))).status is NOTE


def test_a_gpu_without_a_driver_is_a_warning() -> None:
    wrong(gpu.without_library(device=True, why="not found"), WARNING, "there is a GPU")
    assert gpu.without_library(device=False, why="not found").status is NOTE


def test_a_gpu_that_triton_cannot_use_is_a_warning() -> None:
    wrong(gpu.judged(["H200"], "570", with_cuda=False), WARNING, "has no CUDA")
    assert gpu.judged(["H200", "H200"], "570", with_cuda=True).status is GOOD
    assert gpu.judged([], "570", with_cuda=True).status is NOTE


class Answers(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def http() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("answers", "status", "words"),
    [
        (200, GOOD, "answers"),
        (401, GOOD, "asks who it is"),
        (404, PROBLEM, "is no registry"),
        (503, WARNING, "status 503"),
    ],
)
def test_a_registry_is_asked(http: str, answers: int, status: Status, words: str) -> None:
    Answers.status = answers
    found = registry.asked(http)
    assert (found.status, words in found.words) == (status, True)


async def test_no_password_is_told(tmp_path: Path) -> None:
    where = around(
        tmp_path, registry="http://u:S3CR3T@127.0.0.1:1", nats="tls://u:S3CR3T@127.0.0.1:1"
    )
    for check in (registry, certificates):
        found = only(await check.examine(where))
        assert found.status is PROBLEM
        assert "S3CR3T" not in found.words


@pytest.mark.parametrize(("days", "status"), [(300, GOOD), (9, WARNING), (-2, PROBLEM)])
def test_a_certificate_has_an_end(days: int, status: Status) -> None:
    assert certificates.judged("tls://n", days * certificates.DAY).status is status


async def test_without_tls_there_is_no_certificate(tmp_path: Path) -> None:
    assert only(await certificates.examine(around(tmp_path, nats="nats://n:1"))).status is NOTE
