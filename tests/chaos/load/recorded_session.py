"""A session of the SDK that tells its diary everything."""

import zlib
from collections.abc import Iterable
from typing import Any

from framemesh.sdk import FrameRejected
from framemesh.sdk.session.session import CameraSession
from tests.chaos.load.diary import Diary, Offer


class RecordedSession(CameraSession):
    """The SDK tells its user how many frames were accepted; here we hear which."""

    def __init__(self, session_id: str, *bounds: Any, diary: Diary) -> None:
        super().__init__(session_id, *bounds)
        self._diary = diary
        diary.began(session_id)

    def offer(self, image: bytes, captured_unix_nano: int) -> int:
        # Whoever calls this holds the session, so the frame is on its way only after the line.
        sequence = super().offer(image, captured_unix_nano)
        self._diary.offered(sequence, Offer(captured_unix_nano, zlib.crc32(image)))
        return sequence

    def acknowledged(self, accepted: Iterable[int], rejected: Iterable[FrameRejected]) -> None:
        told, refused = list(accepted), list(rejected)
        if told:
            self._diary.accepted(told)
        for one in refused:
            self._diary.rejected(one.sequence, one.reason)
        super().acknowledged(told, refused)
