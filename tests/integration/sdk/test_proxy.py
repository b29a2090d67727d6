"""A proxy in the environment, as on the machines of many companies."""

from typing import Any

import pytest

DEAD_PROXY = "http://127.0.0.1:9"


async def acknowledge_each(stream: Any) -> None:
    await stream.open()
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "grpc_proxy"])
async def test_an_ingest_of_this_machine_is_reached_without_the_proxy(
    serve: Any, push: Any, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for exception in ("no_proxy", "no_grpc_proxy"):
        monkeypatch.delenv(exception, raising=False)
    monkeypatch.setenv(variable, DEAD_PROXY)
    ingest = await serve(acknowledge_each)
    camera = await push(ingest.address, [b"image"], connect_timeout=5)
    assert camera.counts.accepted == 1
