"""A camera session of the SDK that records everything in its camera log."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from framemesh.sdk import FrameRejected
from framemesh.sdk.session.disk.receipt import Receipt
from framemesh.sdk.session.headers import NO_HEADERS
from framemesh.sdk.session.session import CameraSession
from tests.chaos.load.camera_log import CameraLog, Offer


class RecordedSession(CameraSession):
    """The SDK reports how many frames were accepted; this class records which."""

    def __init__(self, session_id: str, *bounds: Any, camera_log: CameraLog) -> None:
        super().__init__(session_id, *bounds)
        self._camera_log = camera_log
        camera_log.began(session_id)

    def offer(
        self,
        image: bytes,
        captured_unix_nano: int,
        headers: Mapping[str, str] = NO_HEADERS,
        sent_unix_nano: int = 0,
    ) -> Receipt:
        # The caller holds the session's lock, so the frame is sent only after the line is written.
        receipt = super().offer(image, captured_unix_nano, headers, sent_unix_nano)
        self._camera_log.offered(receipt.sequence, Offer(captured_unix_nano, zlib.crc32(image)))
        return receipt

    def acknowledged(self, accepted: Iterable[int], rejected: Iterable[FrameRejected]) -> None:
        monitor_report, refused = list(accepted), list(rejected)
        if monitor_report:
            self._camera_log.accepted(monitor_report)
        for one in refused:
            self._camera_log.rejected(one.sequence, one.reason)
        super().acknowledged(monitor_report, refused)
