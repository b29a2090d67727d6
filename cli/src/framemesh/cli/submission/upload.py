"""Sends a model to the master, and goes on where a broken connection left it."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import grpc

from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.cli.common.calls import is_temporary
from framemesh.cli.common.model_folder import ModelFolder
from framemesh.core.documents.document import dump
from framemesh.core.errors import Code, FramemeshError

CHUNK_BYTES = 1024 * 1024
"""The most that the master takes in one message."""

ATTEMPT_SECONDS = 2400.0
"""The master gives each 1800 s, after 300 s of waiting at most."""

UNANSWERED_SECONDS = 60.0
"""Since the master answered last: the next one leads within 4 s of a kill."""

MAX_FRUITLESS = 5
"""Attempts one after the other that brought nothing."""

PAUSE_SECONDS = 0.5


class UploadEnded(FramemeshError):
    """The master ended the call and said neither what it has nor what is wrong."""

    code = Code.UNAVAILABLE


class UploadProgress(Protocol):
    """Is told how far it is; from another thread."""

    def has(self, received_bytes: int) -> None:
        """So many bytes of the file are sent, or were there."""
        ...

    def interrupted(self, received_bytes: int) -> None:
        """The connection broke; it will be tried again."""
        ...


def announced(model: ModelFolder, version: int = 0) -> model_pb2.ModelAnnouncement:
    """What the master is told first; the file is read for it once.

    Args:
        version: the number that it is to have; 0: the next one.
    """
    with model.file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return model_pb2.ModelAnnouncement(
        manifest=json.dumps(dump(model.manifest)), size_bytes=size, digest=digest, version=version
    )


def upload(
    stub: model_pb2_grpc.ModelServiceStub,
    announcement: model_pb2.ModelAnnouncement,
    file: Path,
    progress: UploadProgress,
) -> model_pb2.Model:
    """Send what the master lacks of `file`; returns the version that it is.

    Raises:
        grpc.RpcError: the master refuses it, or is away for too long.
    """
    patience = _Patience()
    while True:
        attempt = _Attempt(announcement, file, progress)
        try:
            return attempt.run(stub)
        except grpc.RpcError as error:
            if not is_temporary(error) or not patience.lasts(attempt.resumed_at):
                raise
        progress.interrupted(attempt.sent_bytes)
        time.sleep(PAUSE_SECONDS)


class _Patience:
    """Whether another attempt is made."""

    def __init__(self) -> None:
        self._answered_at: float | None = None
        self._had_bytes = -1
        self._fruitless = 0

    def lasts(self, resumed_at: int | None) -> bool:
        """After an attempt that went on from byte `resumed_at`; None: nobody answered."""
        now = time.monotonic()
        if resumed_at is not None:
            self._fruitless = 0 if resumed_at > self._had_bytes else self._fruitless + 1
            self._had_bytes, self._answered_at = resumed_at, now
        if self._answered_at is None:
            return False  # there was no connection yet that broke
        return self._fruitless < MAX_FRUITLESS and now - self._answered_at < UNANSWERED_SECONDS


class _Attempt:
    """One call."""

    def __init__(
        self, announcement: model_pb2.ModelAnnouncement, file: Path, progress: UploadProgress
    ) -> None:
        self._announcement = announcement
        self._file = file
        self._progress = progress
        self._offsets: SimpleQueue[int | None] = SimpleQueue()
        self.resumed_at: int | None = None
        """The byte from which the file was sent; None: the master said none."""
        self.sent_bytes = 0
        """With those that were there."""

    def run(self, stub: model_pb2_grpc.ModelServiceStub) -> model_pb2.Model:
        call = stub.SubmitModel(self._requests(), timeout=ATTEMPT_SECONDS)
        try:
            for response in call:
                if response.WhichOneof("part") == "model":
                    return response.model
                self.resumed_at = response.received_bytes
                self._offsets.put(response.received_bytes)
        finally:
            # The thread of gRPC that takes the requests may still wait.
            self._offsets.put(None)
            call.cancel()
        raise UploadEnded("the master ended the call without an answer: submit the model again")

    def _requests(self) -> Iterator[model_pb2.SubmitModelRequest]:
        yield model_pb2.SubmitModelRequest(announcement=self._announcement)
        offset = self._offsets.get()
        if offset is None:
            return
        self._has(offset)
        with self._file.open("rb") as file:
            file.seek(offset)
            while chunk := file.read(CHUNK_BYTES):
                yield model_pb2.SubmitModelRequest(chunk=chunk)
                self._has(self.sent_bytes + len(chunk))

    def _has(self, sent_bytes: int) -> None:
        self.sent_bytes = sent_bytes
        self._progress.has(sent_bytes)
