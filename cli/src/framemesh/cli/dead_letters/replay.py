"""Offers dead letters again, and purges each once its frame is accepted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import grpc

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.api.monitor.v1 import dead_letter_pb2, dead_letter_pb2_grpc
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, CHANGE_SECONDS, named_errors
from framemesh.cli.common.connecting import connect_options
from framemesh.cli.dead_letters.selection import is_intact
from framemesh.core.frame import Frame, FrameId
from framemesh.monitor.replay.offering import offer_again

FRAMES_PER_SESSION = 16
"""Frames in one session, which is closed before their dead letters are purged. A replay that is
killed in between offers at most so many a second time when it is run again."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The result for one dead letter."""

    old: str
    """The id of the frame that died."""
    new: str = ""
    """The id of the frame that was accepted in its place; empty: the dead letter stays."""
    why: str = ""
    """Why it stays."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of the services that a replay needs, host:port each."""

    ingest: str
    master: str
    monitor: str


class Replayer:
    """Sends the images of dead letters to ingest again, as frames of their cameras."""

    def __init__(
        self,
        to_monitor: grpc.Channel,
        to_master: grpc.Channel,
        addresses: Addresses,
        pipeline: str,
        *,
        now: bool,
    ) -> None:
        """`now`: with the present as their capture time, instead of the original one."""
        self._letters = dead_letter_pb2_grpc.DeadLetterServiceStub(to_monitor)
        self._pipelines = pipeline_pb2_grpc.PipelineServiceStub(to_master)
        self._addresses = addresses
        self._pipeline = pipeline
        self._now = now

    def replay(self, newest_first: Iterable[dead_letter_pb2.DeadLetter]) -> Iterator[ReplayResult]:
        """Oldest first, camera by camera.

        Raises:
            CallFailed: the monitor or the master cannot be reached.
            FramemeshSdkError: ingest does not take the frames.
        """
        oldest_first = list(newest_first)[::-1]
        for camera, group in groupby(sorted(oldest_first, key=_camera), key=_camera):
            whole = list(group)
            for begin in range(0, len(whole), FRAMES_PER_SESSION):
                yield from self._offer(camera, whole[begin : begin + FRAMES_PER_SESSION])

    def _offer(
        self, camera: str, letters: Sequence[dead_letter_pb2.DeadLetter]
    ) -> Iterator[ReplayResult]:
        left: list[ReplayResult] = []
        frames = self._frames(letters, left)
        for offered in offer_again(
            self._addresses.ingest,
            self._pipeline,
            camera,
            frames,
            tls=connect_options().tls,
            now=self._now,
        ):
            if offered.accepted is not None:
                self._purge(offered.frame)
                yield ReplayResult(str(offered.frame), str(offered.accepted))
            else:
                yield ReplayResult(str(offered.frame), why=offered.why)
        yield from left

    def _frames(
        self, letters: Iterable[dead_letter_pb2.DeadLetter], left: list[ReplayResult]
    ) -> Iterator[Frame]:
        """The frames that can be offered, each fetched when it is its turn; why others cannot be
        goes to `left`."""
        for letter in letters:
            found = self._fetch(letter)
            if found is None:
                left.append(ReplayResult(str(_frame_id(letter)), why="it is no longer kept"))
            elif not is_intact(found):
                why = "its image was damaged on its way"
                left.append(ReplayResult(str(_frame_id(letter)), why=why))
            else:
                yield Frame(
                    _frame_id(letter),
                    letter.captured_unix_nano,
                    found.image,
                    letter.crc32,
                    dict(found.dead_letter.headers),
                )

    def _fetch(
        self, letter: dead_letter_pb2.DeadLetter
    ) -> dead_letter_pb2.GetDeadLetterResponse | None:
        """The dead letter with its image; None if it is no longer kept."""
        frame = letter.frame
        request = dead_letter_pb2.GetDeadLetterRequest(
            pipeline=self._pipeline,
            camera=frame.camera,
            session=frame.session,
            sequence=frame.sequence,
        )
        with named_errors(self._addresses.monitor):
            try:
                return self._letters.GetDeadLetter(request, timeout=ANSWER_TIMEOUT_SECONDS)
            except grpc.RpcError as error:
                if isinstance(error, grpc.Call) and error.code() is grpc.StatusCode.NOT_FOUND:
                    return None
                raise

    def _purge(self, frame: FrameId) -> None:
        request = pipeline_pb2.PurgeDeadLettersRequest(
            pipeline=self._pipeline,
            camera=frame.camera,
            session=frame.session,
            sequence=frame.sequence,
        )
        with named_errors(self._addresses.master):
            self._pipelines.PurgeDeadLetters(request, timeout=CHANGE_SECONDS)


def _camera(letter: dead_letter_pb2.DeadLetter) -> str:
    return letter.frame.camera


def _frame_id(letter: dead_letter_pb2.DeadLetter) -> FrameId:
    frame = letter.frame
    return FrameId(frame.camera, frame.session, frame.sequence)
