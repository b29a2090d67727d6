"""Every command against services that answer."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from framemesh.api.master.v1 import pipeline_pb2
from tests.waiting import eventually

PERSON = Path(__file__).parents[3] / "models/person"


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    path = tmp_path / "street.yaml"
    path.write_text("name: street\nstages: [{name: people, model: person}]\n")
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.jpg").write_bytes(b"image %d" % number)
    return folder


def test_a_pipeline_is_applied_listed_and_deleted(run: Any, services: Any, pipeline: Path) -> None:
    assert run("pipeline", "apply", pipeline).stdout == "pipeline street is at revision 1\n"
    assert services.pipelines["street"].stages[0].model == "person"

    assert "people (person 0)" in run("pipeline", "list").stdout

    refused = run("pipeline", "delete", "street")
    assert (refused.exit_code, refused.stderr) == (1, "error: 3 accepted frames wait in street\n")
    deleted = run("pipeline", "delete", "street", "--discard-pending")
    assert deleted.stdout == "pipeline street is deleted, 3 accepted frames discarded\n"


def test_a_pipeline_tells_its_revisions_and_goes_back_to_one(
    run: Any, services: Any, pipeline: Path
) -> None:
    run("pipeline", "apply", pipeline)
    shown = run("pipeline", "history", "street").stdout
    assert "2023-11-14 22:13:20" in shown
    assert "current" in shown
    assert "no worker was ready" in " ".join(shown.split())
    said = run("pipeline", "rollback", "street").stdout
    assert said == "pipeline street is at revision 2 again\n"
    said = run("pipeline", "rollback", "street", "--to", "3").stdout
    assert said == "pipeline street is at revision 3 again\n"


def test_a_shadow_is_shown_as_it_is_and_ended(run: Any, services: Any) -> None:
    refused = run("pipeline", "shadow", "street")
    assert (refused.exit_code, refused.stderr) == (1, "error: pipeline 'street' has no shadow\n")
    services.shadow = pipeline_pb2.ShadowReport(
        pipeline="street",
        running=True,
        compared_frames=2,
        same_frames=1,
        classes=[pipeline_pb2.ShadowedClass(name="person", real=3, shadow=2, same=2, only_real=1)],
    )
    shown = run("pipeline", "shadow", "street").stdout
    assert "2 compared, 1 of them the same (50.0%)" in shown
    assert "person         3       2     2              1            0    -" in shown
    document = json.loads(run("pipeline", "shadow", "street", "--json").stdout)
    assert (document["compared_frames"], document["classes"][0]["only_real"]) == (2, 1)
    assert document["skipped_frames"] is None
    ended = run("pipeline", "shadow", "street", "--stop").stdout
    assert ended == f"{shown}the shadow of street is ended\n"
    assert services.shadow is None


def test_a_pipeline_of_one_model_needs_no_file(run: Any, services: Any) -> None:
    made = run("pipeline", "create", "site", "--model", "person")
    assert made.stdout == "pipeline site is at revision 1\n"
    (stage,) = services.pipelines["site"].stages
    assert (stage.name, stage.model, stage.model_version) == ("person", "person", 0)


def test_a_pipeline_is_created_again_for_a_newer_version_of_its_model(
    run: Any, services: Any
) -> None:
    run("pipeline", "create", "site", "--model", "person")
    # As the master answers: with the version that was newest.
    services.pipelines["site"].stages[0].model_version = 3
    assert run("pipeline", "create", "site", "--model", "person").exit_code == 0
    assert services.pipelines["site"].stages[0].model_version == 0


def test_a_pipeline_that_a_file_made_is_not_replaced_by_create(
    run: Any, services: Any, pipeline: Path
) -> None:
    run("pipeline", "apply", pipeline)
    refused = run("pipeline", "create", "street", "--model", "person")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "error: there is a pipeline street already, and it is not of person alone: choose another "
        "name, or change its file and apply it\n"
    )
    assert services.pipelines["street"].stages[0].name == "people"


def padded_person(folder: Path) -> bytes:
    """A real model, made larger by a field of protobuf that no reader knows."""
    size = 2_000_000
    field = b"\xc2\x3e" + bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    onnx = (PERSON / "1/model.onnx").read_bytes() + field + os.urandom(size)
    (folder / "model.yaml").write_text((PERSON / "model.yaml").read_text())
    (folder / "1").mkdir()
    (folder / "1/model.onnx").write_bytes(onnx)
    return onnx


def test_a_model_travels_as_its_manifest_and_chunks(
    run: Any, services: Any, tmp_path: Path
) -> None:
    onnx = padded_person(tmp_path)
    assert run("model", "submit", tmp_path).stdout == "model person is at version 4 (2.3 MB)\n"

    assert json.loads(services.manifest)["labels"] == ["person"]
    assert [len(chunk) for chunk in services.chunks] == [1 << 20, 1 << 20, len(onnx) - (2 << 20)]
    assert b"".join(services.chunks) == onnx
    assert "centernet" in run("model", "list").stdout


def test_a_model_goes_on_where_its_connection_broke(
    run: Any, services: Any, tmp_path: Path
) -> None:
    onnx = padded_person(tmp_path)
    services.breaks_after = [1 << 20, 2 << 20]
    result = run("model", "submit", tmp_path)
    assert result.stdout == "model person is at version 4 (2.3 MB)\n"
    assert services.received == onnx
    assert services.resumed_at == [0, 1 << 20, 2 << 20]
    broken = [line for line in result.stderr.splitlines() if "trying again" in line]
    assert [line.split(" after ")[0] for line in broken] == ["the connection broke"] * 2


def test_a_version_is_promoted_and_rolled_back(run: Any) -> None:
    assert run("model", "promote", "person", 4).stdout.splitlines() == [
        "version 4 of model person is the current one",
        "pipeline street is at revision 7",
        "back to version 3: framemesh model rollback person",
    ]
    assert run("model", "rollback", "person").stdout.splitlines() == [
        "version 3 of model person is the current one",
        "pipeline street is at revision 7",
    ]
    refused = run("model", "promote", "person", 5)
    assert (refused.exit_code, refused.stderr) == (1, "error: model 'person' has no version 5\n")


def test_a_model_that_never_gets_further_is_given_up(
    run: Any, services: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framemesh.cli.submission.upload.PAUSE_SECONDS", 0.01)
    padded_person(tmp_path)
    services.stuck = True
    result = run("model", "submit", tmp_path)
    assert result.exit_code == 1
    assert "is not available: the network was cut; try again in a moment" in result.stderr
    assert len(services.resumed_at) == 6


def test_apply_waits_for_a_worker_and_tells_the_conditions_as_they_change(
    run: Any, services: Any, pipeline: Path
) -> None:
    services.ready_after = 3
    result = run("pipeline", "apply", pipeline, "--wait")
    assert result.stdout.splitlines()[1] == "1 of 1 workers ready"
    assert result.stderr.splitlines() == [
        "provisioning: the streams of the buffer are made",
        "pulling: street-r2-0 on east downloads model person 1: 1 of 40 MB",
        "degraded: street-r2-1 on west: Triton cannot load person",
    ]


def test_apply_ends_with_an_error_where_no_worker_comes(run: Any, pipeline: Path) -> None:
    result = run("pipeline", "apply", pipeline, "--wait", "--timeout", "1")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "error: pipeline street does not run after 1 s: street-r2-0: Triton cannot load person; "
        "it stays applied"
    )


def test_one_pipeline_is_shown_with_what_holds_of_it(run: Any, pipeline: Path) -> None:
    run("pipeline", "apply", pipeline)
    assert run("pipeline", "show", "street").stdout.splitlines() == [
        "pipeline street, revision 2",
        "  stages        people (person 0)",
        "  workers       0 of 1 ready, 1 of an earlier revision",
        "  pulling       street-r2-0 on east downloads model person 1: 1 of 40 MB",
        "  degraded      street-r2-1 on west: Triton cannot load person",
    ]
    assert run("pipeline", "show", "nowhere").stderr == "error: no pipeline 'nowhere'\n"


def test_a_pipeline_is_shown_with_its_events(run: Any, services: Any, pipeline: Path) -> None:
    run("pipeline", "apply", pipeline)
    second = 1_795_910_400 * 1_000_000_000
    services.events = [
        pipeline_pb2.Event(at_unix_nano=second, kind="applied", message="revision 2: new", times=1),
        pipeline_pb2.Event(
            at_unix_nano=second + 5, kind="scaled", message="1 -> 2: [7.5/s] too many", times=1
        ),
        pipeline_pb2.Event(
            at_unix_nano=second, kind="worker_failed", message="street-r2-0: ended", times=12
        ),
    ]
    assert [
        line.rstrip() for line in run("pipeline", "show", "street").stdout.splitlines()[5:]
    ] == [
        "  time (UTC)           event",
        "  2026-11-29 00:00:00  applied        revision 2: new",
        "  2026-11-29 00:00:00  scaled         1 -> 2: [7.5/s] too many",
        "  2026-11-29 00:00:00  worker failed  street-r2-0: ended (12 times)",
    ]
    fewer = run("pipeline", "show", "street", "--events", "1").stdout.splitlines()[6:]
    assert "worker failed" in fewer[0]
    assert fewer[1] == "  and 2 earlier ones: --events 3 shows all"
    none = run("pipeline", "show", "street", "--events", "0").stdout.splitlines()[5:]
    assert none == ["  and 3 earlier ones: --events 3 shows all"]


def test_a_pipeline_is_shown_as_json(run: Any, services: Any, pipeline: Path) -> None:
    run("pipeline", "apply", pipeline)
    services.events = [pipeline_pb2.Event(at_unix_nano=5, kind="scaled", message="1 -> 2", times=1)]
    shown = json.loads(run("pipeline", "show", "street", "--json").stdout)
    assert shown["spec"]["stages"][0]["model"] == "person"
    assert [each["name"] for each in shown["conditions"]] == ["pulling", "degraded"]
    assert shown["events"] == [
        {"at_unix_nano": 5, "kind": "scaled", "message": "1 -> 2", "times": 1}
    ]


def test_status_is_a_table_or_a_document(run: Any, pipeline: Path) -> None:
    run("pipeline", "apply", pipeline)
    assert "street revision 1, 2 workers ready" in run("status").stdout
    (report,) = json.loads(run("status", "street", "--json").stdout)["pipelines"]
    assert report["cameras"][0]["accepted"] == 2


def test_status_of_an_unknown_pipeline_is_an_error(run: Any) -> None:
    result = run("status", "nowhere")
    assert (result.exit_code, result.stderr) == (1, "error: no pipeline 'nowhere'\n")


def test_results_are_watched_up_to_the_limit(run: Any, services: Any) -> None:
    said = run("watch", "street", "--camera", "door", "--from-start", "--limit", "3", "--json")
    assert [json.loads(line)["sequence"] for line in said.stdout.splitlines()] == [1, 2, 3]
    assert (list(services.watched.cameras), services.watched.from_start) == (["door"], True)


def test_many_cameras_push_the_same_frames(run: Any, services: Any, images: Path) -> None:
    result = run("push", images, "--pipeline", "street", "--cameras", "3", "--limit", "5")
    assert result.exit_code == 0
    assert result.stdout.startswith("15 frames sent, 15 acknowledged")
    assert sorted(services.frames) == ["camera-1", "camera-2", "camera-3"]
    for frames in services.frames.values():
        assert [frame.image for frame in frames] == [b"image %d" % n for n in range(5)]


def test_a_source_is_looped_at_the_pace_that_was_asked_for(
    run: Any, services: Any, images: Path
) -> None:
    run("push", images, "--pipeline", "street", "--loop", "--limit", "8", "--fps", "50")
    captured = [frame.captured_unix_nano for frame in services.frames["camera"]]
    assert len(captured) == 8
    # Frames are taken ahead of their turn by one.
    assert captured[-1] - captured[1] > 0.09e9


def test_rejected_frames_are_told_by_reason_and_fail_the_command(run: Any, images: Path) -> None:
    (images / "7.jpg").write_bytes(b"bad")
    (images / "8.jpg").write_bytes(b"bad")
    result = run("push", images, "--pipeline", "street")
    assert result.exit_code == 1
    assert "8 frames sent, 6 acknowledged" in result.stdout
    names = f"{images / '7.jpg'}, {images / '8.jpg'}"
    assert result.stderr == f"2 rejected as not_an_image ({names}): send a JPEG, PNG or WebP\n"


def test_what_a_camera_dropped_is_told(run: Any, services: Any, images: Path) -> None:
    services.seconds_a_frame = 0.01
    options = ("--loop", "--limit", "300", "--on-full", "drop_oldest")
    result = run("push", images, "--pipeline", "street", *options)
    assert result.exit_code == 0, "it was asked for"
    sent, dropped = len(services.frames["camera"]), 300 - len(services.frames["camera"])
    assert dropped > 0
    assert result.stdout.startswith(f"{sent} frames sent, {sent} acknowledged")
    assert result.stdout.endswith(f"0 rejected, {dropped} dropped\n")


def test_a_full_pipeline_is_an_error_where_that_was_asked_for(
    run: Any, services: Any, images: Path
) -> None:
    services.seconds_a_frame = 0.1
    result = run("push", images, "--pipeline", "street", "--on-full", "error")
    assert result.exit_code == 1
    assert "error: camera 'camera' has used up its credit: 4 frames wait" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["watch", "street"], ["push", "--pipeline=street", "--loop"]]
)
async def test_ctrl_c_is_quiet(services: Any, images: Path, arguments: list[str]) -> None:
    if arguments[0] == "push":
        arguments = [*arguments, str(images)]
    names = ("INGEST", "MONITOR")
    environment = {**os.environ, **{f"FRAMEMESH_{name}": services.address for name in names}}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "framemesh.cli",
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    await eventually(lambda: services.watched or services.frames.get("camera"))
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (130, b"")
