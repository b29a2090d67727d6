"""The steps of a scenario: what the camera is told, and what is expected of it."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.camera_program import Answer, CameraProgram
from tests.conformance.scenario import Action
from tests.conformance.scripted_ingest import Gates
from tests.integration.ingest.conftest import jpeg
from tests.waiting import eventually

HEADER_NAME = "padding"
HEADER_LINE_BYTES = 4


class CameraSteps:
    """Tells a camera one step after another; each method is one."""

    def __init__(
        self,
        program: CameraProgram,
        gates: Gates,
        another: Callable[[], Awaitable[CameraProgram]] | None = None,
    ) -> None:
        """`another` starts the camera that goes on with the spool of this one."""
        self._program = program
        self._gates = gates
        self._another = another
        self._background: list[asyncio.Future[None]] = []
        self._last = 0
        self.images: dict[int, bytes] = {}
        """Those that were taken, by sequence number."""

    async def follow(self, steps: tuple[Action, ...]) -> None:
        try:
            for name, given in steps:
                step: Callable[[Any], Awaitable[None]] = getattr(self, f"_{name}")
                await step(given)
        finally:
            for one in self._background:
                one.cancel()

    async def _send(self, given: dict[str, Any]) -> None:
        given = dict(given)
        if given.pop("background", False):
            self._background.append(asyncio.ensure_future(self._send(given)))
            return
        if given.pop("until", False):
            await eventually(lambda: self._send_once(given), until=lambda a: "error" in a)
            return
        for _ in range(given.pop("count", 1)):
            expected = given.get("error")
            answer = await self._send_once(given)
            assert answer.get("error") == expected, answer

    async def _send_once(self, given: dict[str, Any]) -> Answer:
        image = self._image(given)
        arguments = {key: given[key] for key in ("headers", "captured_ago") if key in given}
        if "header_bytes" in given:
            size = given["header_bytes"] - len(HEADER_NAME) - HEADER_LINE_BYTES
            arguments["headers"] = {HEADER_NAME: "x" * size}
        answer = await self._program.do("send", image=base64.b64encode(image).decode(), **arguments)
        if "error" not in answer:
            self._last += 1
            self.images[self._last] = image
            assert answer["sequence"] == self._last, "numbers go up by one"
        return answer

    def _image(self, given: dict[str, Any]) -> bytes:
        """Of its own for each frame."""
        if "text" in given:
            return str(given["text"]).encode()
        if "size" in given:
            return (self._last % 251).to_bytes(1) * int(given["size"])
        return jpeg(self._last)

    async def _filtered(self, frames: int) -> None:
        """The camera's own filter drops so many."""
        answer = await self._program.do("filtered", frames=frames)
        assert "error" not in answer, answer
        self._last += frames

    async def _join(self, _: bool) -> None:
        """What waited in the background is over."""
        async with asyncio.timeout(20):
            await asyncio.gather(*self._background)

    async def _close(self, given: dict[str, Any]) -> None:
        arguments = {key: given[key] for key in ("timeout",) if key in given}
        answer = await self._program.do("close", **arguments)
        assert answer.get("error") == given.get("error"), answer

    async def _counts(self, expected: dict[str, int]) -> None:
        async def counts() -> dict[str, int]:
            found: dict[str, int] = (await self._program.do("counts"))["counts"]
            return found

        await eventually(counts, until=lambda found: found == {"filtered": 0, **expected})

    async def _statistics(self, expected: dict[str, Any]) -> None:
        async def statistics() -> dict[str, Any]:
            found: dict[str, Any] = (await self._program.do("statistics"))["statistics"]
            return found

        await eventually(statistics, until=lambda found: expected.items() <= found.items())

    async def _hint(self, expected: dict[str, float]) -> None:
        async def hint() -> Answer:
            return await self._program.do("hint")

        await eventually(hint, until=lambda found: expected.items() <= found.items())

    async def _rejected(self, expected: list[dict[str, Any]]) -> None:
        """Told so far: what was told has a message for a person, too."""
        told = self._program.rejected
        assert [{key: one[key] for key in ("sequence", "reason")} for one in told] == expected
        assert all(one["message"] for one in told)

    async def _hand_over(self, how: str) -> None:
        """The camera is killed, or has ended; the next one goes on."""
        if how == "kill":
            await self._program.kill()
        else:
            await self._program.end()
        assert self._another is not None
        self._program = await self._another()

    async def _await(self, gate: str) -> None:
        await self._gates.passed(gate)

    async def _open(self, gate: str) -> None:
        self._gates.open(gate)
