"""What happens when Triton or a stub dies or hangs, inputs are bad, or models do not fit."""

import asyncio
import os
import signal
import struct
import time
import zlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from framemesh.modeling.errors import ModelInvalid, UnknownDecoder
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import DType, InputSpec
from framemesh.worker.engine.engine import Engine
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.errors import TooSlowToDecode, TritonUnavailable, Undecodable
from framemesh.worker.triton import managed, orphan_cleanup, served_model
from framemesh.worker.vision import image
from tests.graph_runs import run_one

OpenEngine = Callable[..., AbstractAsyncContextManager[Engine]]

HEAL_SECONDS = 10.0
"""Until Triton has recovered from a crash. A hang takes two timeouts more: of a call, and of the
probe after it."""
HANG_SECONDS = 30.0


def children(name: str) -> list[psutil.Process]:
    """The child processes of this test with this name."""
    ours = psutil.Process().children(recursive=True)
    return [process for process in ours if name in " ".join(cmdline(process)[:1])]


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


async def retry_until_done(
    engine: Engine, frame: bytes, within: float = HEAL_SECONDS
) -> InferenceResult:
    """As a worker does: try the same frame again while Triton is down."""
    async with asyncio.timeout(within):
        while True:
            try:
                return await run_one(engine.graph, frame)
            except TritonUnavailable:
                await asyncio.sleep(0.02)


async def test_a_killed_server_comes_back(open_things: OpenEngine, frames: list[bytes]) -> None:
    async with open_things() as engine:
        before = await run_one(engine.graph, frames[0])
        (server,) = children("tritonserver")
        # Some are in progress when it dies.
        async with asyncio.TaskGroup() as tasks:
            runs = [tasks.create_task(retry_until_done(engine, frames[0])) for _ in range(8)]
            await asyncio.sleep(0.02)
            os.kill(server.pid, signal.SIGKILL)
        assert all(run.result() == before for run in runs)
        after = await retry_until_done(engine, frames[0])
        assert after == before
        assert engine.triton.healthy
        assert engine.triton.restarts == 1


async def test_a_server_leaves_no_folder_behind(
    open_things: OpenEngine, frames: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Python backend makes one in a fixed place, whatever its options say."""
    removed: list[set[Path]] = []

    def remove(folders: set[Path]) -> None:
        removed.append(folders)
        orphan_cleanup.remove_empty(folders)

    monkeypatch.setattr(managed, "remove_empty", remove)
    async with open_things() as engine:
        (server,) = children("tritonserver")
        os.kill(server.pid, signal.SIGKILL)
        await retry_until_done(engine, frames[0])
    folders = set.union(*removed)
    assert len(folders) >= 2
    assert not any(folder.exists() for folder in folders)


async def test_while_triton_is_down_callers_fail_at_once(
    open_things: OpenEngine, frames: list[bytes]
) -> None:
    async with open_things() as engine:
        (server,) = children("tritonserver")
        os.kill(server.pid, signal.SIGKILL)
        started = time.monotonic()
        with pytest.raises(TritonUnavailable):
            await run_one(engine.graph, frames[0])
        assert time.monotonic() - started < 1.0
        async with asyncio.timeout(HEAL_SECONDS):
            await asyncio.sleep(0.3)
            await engine.triton.available()
        await run_one(engine.graph, frames[0])


async def test_a_server_that_hangs_is_replaced(
    open_things: OpenEngine, frames: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_model, "INFER_TIMEOUT_SECONDS", 2.0)
    async with open_things() as engine:
        before = await run_one(engine.graph, frames[0])
        (server,) = children("tritonserver")
        os.kill(server.pid, signal.SIGSTOP)
        runs = [retry_until_done(engine, frames[0], HANG_SECONDS) for _ in range(20)]
        assert set(await asyncio.gather(*runs)) == {before}
        assert engine.triton.restarts >= 1


async def test_a_killed_stub_heals(open_things: OpenEngine, frames: list[bytes]) -> None:
    async with open_things() as engine:
        before = await run_one(engine.graph, frames[0])
        stub, *_ = children("triton_python_backend_stub")
        os.kill(stub.pid, signal.SIGKILL)
        # More than there are instances, so that none is left unasked.
        for _ in range(6):
            assert await retry_until_done(engine, frames[0]) == before


async def test_a_bad_frame_harms_no_other(open_things: OpenEngine, frames: list[bytes]) -> None:
    async with open_things() as engine:
        results = await asyncio.gather(
            *(
                run_one(engine.graph, image)
                for image in (frames[0], frames[1][:-40], b"", frames[2])
            ),
            return_exceptions=True,
        )
        assert [type(result) for result in results] == [
            InferenceResult,
            Undecodable,
            Undecodable,
            InferenceResult,
        ]


@pytest.mark.blocks_loop("makes its own large picture")
async def test_frames_that_take_too_long_to_decode_hold_up_no_other(
    open_things: OpenEngine, frames: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes two seconds, of which a tenth is let pass; half of them take all threads."""
    slow = flat_png(8192, 4000)
    monkeypatch.setattr(image, "BASE_CPU_SECONDS", 0.2)
    monkeypatch.setattr(image, "CPU_SECONDS_PER_PIXEL", 0.0)
    async with open_things() as engine:
        before = await run_one(engine.graph, frames[0])
        async with asyncio.timeout(20):
            slow_runs = [asyncio.ensure_future(run_one(engine.graph, slow)) for _ in range(4)]
            started = time.monotonic()
            found = await asyncio.gather(*(run_one(engine.graph, frames[0]) for _ in range(20)))
            waited = time.monotonic() - started
            ends = await asyncio.gather(*slow_runs, return_exceptions=True)
    assert set(found) == {before}
    assert {type(end) for end in ends} == {TooSlowToDecode}
    assert waited < 5.0


async def test_a_caller_may_give_up_at_any_time(
    open_things: OpenEngine, frames: list[bytes]
) -> None:
    async with open_things() as engine:
        for wait in (0.0, 0.001, 0.003, 0.006, 0.01, 0.02) * 3:
            runs = [asyncio.ensure_future(run_one(engine.graph, frames[0])) for _ in range(4)]
            await asyncio.sleep(wait)
            for run in runs:
                run.cancel()
            await asyncio.gather(*runs, return_exceptions=True)
        # No row was lost: all frames can be processed at once.
        assert len(await asyncio.gather(*(run_one(engine.graph, frame) for frame in frames))) == 20


async def test_nothing_is_left_behind(open_things: OpenEngine, frames: list[bytes]) -> None:
    async with open_things() as engine:
        await run_one(engine.graph, frames[0])
        prefix = prefix_of_stage(engine)
        assert shared_memory(prefix)
    assert not shared_memory(prefix)
    assert not children("triton")


async def test_orphans_of_a_killed_worker_are_removed(open_things: OpenEngine) -> None:
    async with open_things() as engine:
        prefix = prefix_of_stage(engine)
    stale = orphan_cleanup.SHARED_MEMORY / f"{prefix}stub-stale"
    foreign = orphan_cleanup.SHARED_MEMORY / f"framemesh-other-{os.getpid()}"
    try:
        stale.write_bytes(b"of a worker that was killed")
        foreign.write_bytes(b"of somebody else")
        async with open_things():
            assert not stale.exists()
            assert foreign.exists()
    finally:
        foreign.unlink(missing_ok=True)


def flat_png(width: int, height: int) -> bytes:
    """One of 16 bits a channel, which decode slowest, just below what counts as large."""
    row = bytes(1 + 8 * width)
    deflate = zlib.compressobj(1)
    pixels = b"".join(deflate.compress(row) for _ in range(height)) + deflate.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def prefix_of_stage(engine: Engine) -> str:
    return engine.triton.models[0].region.removesuffix("things")


def shared_memory(prefix: str) -> list[Path]:
    return list(orphan_cleanup.SHARED_MEMORY.glob(f"{prefix}*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "images"}, r"input.name: the file has no input 'images', it has input.1 FP32"),
        ({"width": 320}, r"\[-1, 3, 352, 352\], and the manifest says \[-1, 3, 352, 320\]"),
        (
            {"dtype": DType.UINT8, "scale": 1.0},
            r"input.dtype: the input is input.1 FP32 .*, not uint8",
        ),
    ],
)
async def test_a_manifest_that_does_not_fit_is_named(
    open_things: OpenEngine, things: LocalModel, change: dict[str, str], message: str
) -> None:
    wrong: InputSpec = replace(things.manifest.input, **change)  # type: ignore[arg-type]
    model = replace(things, manifest=replace(things.manifest, input=wrong))
    with pytest.raises(ModelInvalid, match=message):
        async with open_things(model=model):
            pass


async def test_a_decoder_that_does_not_fit_is_named(
    open_things: OpenEngine, things: LocalModel
) -> None:
    for name, error in (("ssd", ModelInvalid), ("yolo", UnknownDecoder)):
        decoder = replace(things.manifest.decoder, name=name)
        model = replace(things, manifest=replace(things.manifest, decoder=decoder))
        with pytest.raises(error, match=name):
            async with open_things(model=model):
                pass


async def test_a_fixed_batch_asks_for_max_batch_1(
    open_things: OpenEngine, faces: LocalModel
) -> None:
    model = replace(faces, manifest=replace(faces.manifest, max_batch=8))
    with pytest.raises(ModelInvalid, match="set max_batch to 1"):
        async with open_things(model=model):
            pass
