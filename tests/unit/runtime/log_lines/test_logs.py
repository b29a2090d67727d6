"""Lines of a service, as they are in its log."""

import json
import subprocess
import sys
from typing import Any


def lines(program: str) -> list[dict[str, Any]]:
    """What a process logs, which has begun with `logs.configure`."""
    begin = (
        "from framemesh.runtime import logs\nlogs.configure('ingest')\nlog = logs.get_logger()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", begin + program],
        stderr=subprocess.PIPE, timeout=60, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in ended.stderr.splitlines()]


def test_a_line_says_when_where_how_bad_and_what() -> None:
    (line,) = lines("log.warning('buffer is full', pipeline='street')")
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "buffer is full",
        "level": "warning",
        "service": "ingest",
        "pipeline": "street",
    }


def test_a_line_of_a_frame_names_its_camera() -> None:
    (line,) = lines("log.info('late', frame='door/s/7')")
    assert line["camera"] == "door"


def test_a_task_binds_facts_for_itself_and_those_that_it_starts() -> None:
    program = """
import asyncio
async def session(camera):
    logs.bind(camera=camera)
    async def inner():
        log.info("hello")
    await asyncio.create_task(inner())
async def main():
    await asyncio.gather(session("door"), session("yard"))
    log.info("nobody's")
asyncio.run(main())
"""
    assert [line.get("camera") for line in lines(program)] == ["door", "yard", None]


def test_a_worker_tells_the_frame_that_it_works_on() -> None:
    program = """
import contextvars
from framemesh.core.clock import SystemClock
from framemesh.core.frame import Frame, FrameId
from framemesh.worker.frame_context import FrameContext, telling_of
from framemesh.worker.frame_group import FrameGroup
from framemesh.worker.log_facts import tell_facts
tell_facts("street", "street-r1-0")
log.info("idle")
def context(number):
    return FrameContext(Frame(FrameId("door", "s", number), 0, b"", 0), SystemClock())
one, other = context(7), context(8)
FrameGroup([one]).new_context(contextvars.copy_context()).run(log.info, "busy")
FrameGroup([one, other]).new_context(contextvars.copy_context()).run(log.info, "busy")
with telling_of(other):
    log.info("about one")
"""
    idle, busy, several, about_one = lines(program)
    assert (idle["pipeline"], idle["worker"], idle.get("frame")) == ("street", "street-r1-0", None)
    assert (busy["frame"], busy["camera"]) == ("door/s/7", "door")
    assert len(busy["trace"]) == 32
    assert "frame" not in several
    assert about_one["frame"] == "door/s/8"


def test_a_traceback_has_neither_variables_nor_passwords() -> None:
    program = """
def connect(password):
    raise ConnectionError("no answer from nats://camera:S3CR3T@h:4222")
try:
    connect("S3CR3T")
except ConnectionError as error:
    log.error("call failed", exc_info=error)
"""
    (line,) = lines(program)
    assert "S3CR3T" not in json.dumps(line)
    assert line["exception"][0]["exc_value"] == "no answer from nats://h:4222"


def test_what_a_library_logs_is_a_line_of_ours() -> None:
    program = """
import logging
logging.getLogger("asyncio").error("task %s failed", "read", exc_info=ValueError("no"))
logging.getLogger("other").info("too little to tell")
logging.getLogger("other").warning("%d", "no number")
"""
    first, second = lines(program)
    assert (first["event"], first["logger"], first["level"]) == (
        "task read failed", "asyncio", "error",
    )  # fmt: skip
    assert first["exception"][0]["exc_type"] == "ValueError"
    assert second["event"].startswith("%d")


def test_a_flood_is_a_few_lines_and_a_number() -> None:
    found = lines("for n in range(342): log.warning('frame is dead', frame=f'door/s/{n}')")
    assert len(found) == 31
    assert found[-1]["repeated"] == 312
    assert "312 times more" in found[-1]["event"]
