"""The kinds of sink, each with what its tests need: a target, and what arrived there."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from framemesh.core.sinks.spec import SinkKind, SinkOptions, SinkSpec
from tests.integration.sink.http_target import HttpTarget, http_target
from tests.integration.sink.mqtt_target import MqttTarget, mqtt_target
from tests.integration.sink.numbered_pictures import number_of

Frame = tuple[str, int]
"""Camera and sequence number."""


class Kind(ABC):
    """A kind under test."""

    kind: SinkKind
    options = SinkOptions()
    repeats = 256
    """Results that may be under way when a process is killed."""
    results = 300
    """While processes are killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "target"

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """While there is something to write to."""
        yield

    @property
    def target(self) -> str:
        return str(self.folder)

    def spec(self, name: str = "yard", cameras: Sequence[str] = (), **more: object) -> SinkSpec:
        return SinkSpec(
            name,
            "street",
            self.kind,
            self.target,
            tuple(cameras),
            options=self.options,
            **more,  # type: ignore[arg-type]
        )

    @abstractmethod
    def arrived(self) -> list[Frame]:
        """In the order of their arrival, repeated ones as well."""


class Jsonl(Kind):
    kind = SinkKind.JSONL
    options = SinkOptions(file_bytes=8192)

    def arrived(self) -> list[Frame]:
        found: list[Frame] = []
        files = [*self.folder.glob("*.jsonl"), *self.folder.glob("*.jsonl.part")]
        for file in sorted(files):
            lines = file.read_text().split("\n")
            if file.suffix != ".part":
                assert lines[-1] == "", "a complete file ends in a whole line"
            # Of a part, the line that is being written.
            for line in lines[:-1]:
                document = json.loads(line)
                found.append((document["camera"], document["sequence"]))
        return found


class Parquet(Kind):
    kind = SinkKind.PARQUET
    options = SinkOptions(file_seconds=1)

    def arrived(self) -> list[Frame]:
        found: list[Frame] = []
        for file in sorted(self.folder.glob("*.parquet")):
            table = pyarrow.parquet.read_table(file, columns=["camera", "sequence"])
            found += [(row["camera"], row["sequence"]) for row in table.to_pylist()]
        return found


class Webhook(Kind):
    kind = SinkKind.WEBHOOK
    options = SinkOptions(batch=8, in_flight=1, secret="what only two know")  # noqa: S106

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.server = HttpTarget()

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        async with http_target(self.server):
            yield

    @property
    def target(self) -> str:
        return self.server.url

    def arrived(self) -> list[Frame]:
        return [
            (result["camera"], result["sequence"])
            for request in self.server.taken
            for result in json.loads(request.body)["results"]
        ]


class Mqtt(Kind):
    kind = SinkKind.MQTT

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.broker = MqttTarget(folder)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        async with mqtt_target(self.broker):
            yield

    @property
    def target(self) -> str:
        return self.broker.url

    def spec(self, name: str = "yard", cameras: Sequence[str] = (), **more: object) -> SinkSpec:
        # Several sinks of a test have the same broker: each has a topic of its own.
        options = SinkOptions(topic="{sink}/{camera}")
        return replace(super().spec(name, cameras, **more), options=options)

    def arrived(self) -> list[Frame]:
        documents = [json.loads(payload) for _, payload in self.broker.messages]
        return [(each["camera"], each["sequence"]) for each in documents]


class Mp4(Kind):
    kind = SinkKind.MP4
    options = SinkOptions(file_seconds=1)

    def arrived(self) -> list[Frame]:
        found: list[Frame] = []
        for file in sorted(self.folder.glob("[!.]*.mp4")):
            camera = file.stem.rpartition("-")[2]
            found += [(camera, number_of(picture)) for picture in pictures_of(file)]
        return found


def pictures_of(file: Path) -> Iterator[NDArray[np.uint8]]:
    """The pictures of a video."""
    video = cv2.VideoCapture(str(file))
    while True:
        was_read, picture = video.read()
        if not was_read:
            return
        yield np.asarray(picture, np.uint8)


class Crops(Kind):
    kind = SinkKind.CROPS

    def arrived(self) -> list[Frame]:
        """Those that came twice are one: their files have the same names."""
        names = sorted(file.stem for file in self.folder.glob("person/[!.]*.jpg"))
        return [(name.split("-")[0], int(name.split("-")[2])) for name in names]


KINDS: tuple[type[Kind], ...] = (Jsonl, Parquet, Mp4, Crops, Webhook, Mqtt)
