"""The program of the Python SDK: see `camera_program.py`."""

import base64
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from framemesh import sdk
from framemesh.sdk import (
    Camera,
    CameraOptions,
    DiskSpool,
    FrameRejected,
    MemorySpool,
    Result,
    TlsFiles,
)

ERRORS = {
    sdk.InvalidArgument: "invalid_argument",
    sdk.BadFrame: "bad_frame",
    sdk.CameraClosed: "closed",
    sdk.PipelineUnknown: "pipeline_unknown",
    sdk.CameraRefused: "refused",
    sdk.IngestUnreachable: "unreachable",
    sdk.MonitorUnreachable: "unreachable",
    sdk.NoCredit: "no_credit",
    sdk.FramesUnacknowledged: "unacknowledged",
    sdk.SpoolInUse: "spool_in_use",
    sdk.SpoolFailed: "spool_failed",
}


class Program:
    """One camera, and its answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._camera: Camera
        self._read: Iterator[Result]

    def run(self) -> None:
        for line in sys.stdin:
            threading.Thread(target=self._handle, args=(json.loads(line),), daemon=True).start()

    def _handle(self, command: dict[str, Any]) -> None:
        answer = {"id": command.pop("id")}
        do: Callable[..., dict[str, Any]] = getattr(self, f"_{command.pop('do')}")
        try:
            answer |= do(**command)
        except sdk.FramemeshSdkError as error:
            answer |= {
                "error": ERRORS.get(type(error), type(error).__name__),
                "message": str(error),
            }
        self._tell(answer)

    def _tell(self, message: dict[str, Any]) -> None:
        with self._lock:
            os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")

    def _open(
        self, addresses: list[str], pipeline: str, name: str, options: dict[str, Any]
    ) -> dict[str, Any]:
        disk = "disk" in options
        self._camera = Camera(
            addresses, pipeline=pipeline, name=name, options=self._options(options)
        )
        if disk:  # its spool is opened, and what is left there is sent
            self._camera.__enter__()
        return {}

    def _options(self, given: dict[str, Any]) -> CameraOptions:
        memory = {
            f"max_{unit}": given.pop(f"spool_{unit}")
            for unit in ("frames", "bytes")
            if f"spool_{unit}" in given
        }
        disk = given.pop("disk", None)
        spool = MemorySpool(**memory) if disk is None else DiskSpool(**disk)
        if (token := given.pop("token_file", None)) is not None:
            given["token"] = Path(token)
        if (files := given.pop("tls", None)) is not None:
            given["tls"] = TlsFiles(files["ca"], files["certificate"], files["key"])
        return CameraOptions(spool=spool, on_rejected=self._rejected, **given)

    def _rejected(self, one: FrameRejected) -> None:
        told = {"sequence": one.sequence, "reason": one.reason, "message": one.message}
        self._tell({"rejected": told})

    def _send(
        self,
        image: str,
        headers: dict[str, str] | None = None,
        captured_ago: float | None = None,
    ) -> dict[str, Any]:
        captured = None
        if captured_ago is not None:
            captured = time.time_ns() - round(captured_ago * 1e9)
        sequence = self._camera.send(
            base64.b64decode(image), captured_unix_nano=captured, headers=headers
        )
        return {"sequence": sequence}

    def _session(self) -> dict[str, Any]:
        return {"session": self._camera.session}

    def _counts(self) -> dict[str, Any]:
        counts = self._camera.counts
        names = ("offered", "accepted", "rejected", "dropped", "pending", "filtered")
        return {"counts": {name: getattr(counts, name) for name in names}}

    def _statistics(self) -> dict[str, Any]:
        found = self._camera.statistics
        names = (
            *("accepted_bytes", "is_connected", "reconnects"),
            *("spool_frames", "spool_bytes", "last_error"),
        )
        told = {name: getattr(found, name) for name in names}
        sending, waiting = found.accepted_per_second > 0, found.oldest_seconds > 0
        return {"statistics": {**told, "is_sending": sending, "is_waiting": waiting}}

    def _hint(self) -> dict[str, Any]:
        hint = self._camera.hint
        return {"frames_per_second": hint.frames_per_second or 0, "quality": hint.quality}

    def _filtered(self, frames: int) -> dict[str, Any]:
        self._camera.filtered(frames)
        return {}

    def _results(self, *, from_start: bool = False) -> dict[str, Any]:
        self._read = self._camera.results(from_start=from_start)
        return {}

    def _result(self) -> dict[str, Any]:
        result = next(self._read)
        return {
            "session": result.session,
            "sequence": result.sequence,
            "fate": result.fate,
            "reason": result.reason,
            "captured_unix_nano": result.captured_unix_nano,
            "detections": [one.label for one in result.detections],
        }

    def _close(self, timeout: float | None = None) -> dict[str, Any]:
        self._camera.close(timeout)
        return {}


if __name__ == "__main__":
    Program().run()
