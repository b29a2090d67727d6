"""Reads a source as its user does, and compares what it shows with what is said of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.sources.messages import SourceFrame
from framemesh.sources.pattern import read_truth
from framemesh.sources.spec import SourceSpec
from framemesh.sources.supervision.source import WatchedSource, WatchOptions
from framemesh.sources.supervision.state import Phase, SourceState

QUICK = WatchOptions(backoff=Backoff(first_seconds=0.1, max_seconds=0.5))


@dataclass(frozen=True, slots=True)
class Age:
    """Of one frame, when it was received."""

    true_seconds: float
    """Since it was drawn, as it shows itself."""
    told_seconds: float
    """Since it was captured, as the source says."""


class Source:
    """An open source that notes its states."""

    def __init__(self, spec: SourceSpec, options: WatchOptions) -> None:
        self.states: list[SourceState] = []
        self.watched = WatchedSource(spec, options, on_state=self.states.append)

    @property
    def reasons(self) -> list[str]:
        return [state.reason for state in self.states if state.phase is Phase.WAITING]

    async def frames(self, count: int, fps: float | None = None) -> list[SourceFrame]:
        """The next ones; with `fps` as slowly as that."""
        found: list[SourceFrame] = []
        async with asyncio.timeout(40):
            async for item in self.watched:
                assert isinstance(item, SourceFrame)
                found.append(item)
                if len(found) == count:
                    break
                if fps:
                    await asyncio.sleep(1 / fps)
        return found

    async def ages(self, count: int, fps: float | None = None) -> list[Age]:
        found = []
        for age in await self.readable_ages(count, fps):
            assert age is not None, "a picture is not readable"
            found.append(age)
        return found

    async def readable_ages(self, count: int, fps: float | None = None) -> list[Age | None]:
        """Of the next frames; None: what it shows cannot be read, as it is damaged."""
        found: list[Age | None] = []
        async with asyncio.timeout(40):
            async for item in self.watched:
                assert isinstance(item, SourceFrame)
                found.append(readable_age(item))
                if len(found) == count:
                    break
                if fps:
                    await asyncio.sleep(1 / fps)
        return found


@asynccontextmanager
async def reading(spec: SourceSpec, options: WatchOptions = QUICK) -> AsyncIterator[Source]:
    source = Source(spec, options)
    async with source.watched:
        yield source


def age(frame: SourceFrame) -> Age:
    found = readable_age(frame)
    assert found is not None, f"{frame.name} is not readable"
    return found


def readable_age(frame: SourceFrame) -> Age | None:
    """None: what it shows cannot be read, as it is damaged."""
    now = time.time_ns()
    pixels = cv2.imdecode(np.frombuffer(frame.image, np.uint8), cv2.IMREAD_COLOR)
    truth = read_truth(np.asarray(pixels, np.uint8))
    if truth is None:
        return None
    return Age((now - truth.captured_unix_nano) / 1e9, (now - frame.captured_unix_nano) / 1e9)
