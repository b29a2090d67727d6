"""What ingest logs of a camera."""

import grpc.aio
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from framemesh.core.pipeline.spec import PipelineSpec
from tests.integration.ingest.conftest import frame, jpeg, push
from tests.waiting import eventually


async def test_a_camera_comes_has_a_frame_rejected_and_goes(
    channel: grpc.aio.Channel, pipeline: PipelineSpec
) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        camera = push(channel)
        await camera.open("door", "s1")
        await camera.send(frame(1, jpeg(1)), frame(2, b"hi"))
        await camera.answered(2)
        await camera.finish()
        await eventually(lambda: [each["event"] for each in lines], until=_is_gone)
    told = {each["event"]: each for each in lines if each.get("camera") == "door"}
    assert {"camera connected", "frame is rejected", "camera disconnected"} <= set(told)
    assert {each["pipeline"] for each in told.values()} == {"street"}
    rejected = told["frame is rejected"]
    assert (rejected["frame"], rejected["reason"]) == ("door/s1/2", "not_an_image")
    assert len(rejected["trace"]) == 32


def _is_gone(events: list[str]) -> bool:
    return "camera disconnected" in events
