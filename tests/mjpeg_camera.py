"""Cameras that speak HTTP: a real server that sends the test pattern as MJPEG, or as snapshots."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import cv2

from framemesh.sources.pattern import draw

PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n"
LOGIN = "Basic " + base64.b64encode(b"admin:S3cret").decode()


@dataclass
class MjpegCamera:
    """What it does, and how often it was opened."""

    fps: float = 50
    closes_after: int | None = None
    """Pictures."""
    cuts: bool = False
    """It closes in the middle of a picture."""
    stalls_after: int | None = None
    """Pictures: then it sends nothing more, and stays connected."""
    port: int = 0
    opened: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://admin:S3cret@127.0.0.1:{self.port}/video.mjpg"


class _Handler(BaseHTTPRequestHandler):
    camera: MjpegCamera

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != LOGIN:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        self.camera.opened += 1
        with suppress(ConnectionError):
            self._snapshot() if self.path.endswith(".jpg") else self._stream()

    def log_message(self, *_: object) -> None:
        pass

    def _snapshot(self) -> None:
        picture = _jpeg(self.camera.opened)
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(picture)))
        self.end_headers()
        self.wfile.write(picture)

    def _stream(self) -> None:
        camera, began = self.camera, time.monotonic()
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in count(1):
            if camera.over.wait(max(0.0, began + number / camera.fps - time.monotonic())):
                return
            part = PART % (len(jpeg := _jpeg(number)), jpeg)
            if number - 1 == camera.closes_after:
                self.wfile.write(part[: len(part) // 2] if camera.cuts else b"")
                return
            if number - 1 == camera.stalls_after:
                camera.over.wait(60)
                return
            self.wfile.write(part)


def _jpeg(number: int) -> bytes:
    drawn = draw(number, time.time_ns(), 320, 240)
    return cv2.imencode(".jpg", drawn)[1].tobytes()


@contextmanager
def mjpeg_camera(
    *,
    fps: float = 50,
    closes_after: int | None = None,
    cuts: bool = False,
    stalls_after: int | None = None,
) -> Iterator[MjpegCamera]:
    """A camera on a free port, whose user is admin and whose password S3cret."""
    camera = MjpegCamera(fps, closes_after, cuts, stalls_after)
    handler = type("Chosen", (_Handler,), {"camera": camera})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        camera.port = server.server_port
        # It looks so often whether it is to end, which the test waits for.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield camera
        finally:
            camera.over.set()
            server.shutdown()
            thread.join()
