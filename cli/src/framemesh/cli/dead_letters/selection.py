"""Dead letters as the monitor lists them."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from framemesh.api.monitor.v1 import dead_letter_pb2, dead_letter_pb2_grpc
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS

PAGE_SIZE = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Which dead letters of a pipeline; an empty or zero field matches all."""

    pipeline: str
    camera: str = ""
    session: str = ""
    sequence: int = 0


def iter_dead_letters(
    stub: dead_letter_pb2_grpc.DeadLetterServiceStub, selection: Selection
) -> Iterator[dead_letter_pb2.DeadLetter]:
    """Newest first; pages are requested as the caller gets to them."""
    token = ""
    while True:
        request = dead_letter_pb2.ListDeadLettersRequest(
            pipeline=selection.pipeline,
            camera=selection.camera,
            session=selection.session,
            sequence=selection.sequence,
            page_size=PAGE_SIZE,
            page_token=token,
        )
        answer = stub.ListDeadLetters(request, timeout=ANSWER_TIMEOUT_SECONDS)
        yield from answer.dead_letters
        if not (token := answer.next_page_token):
            return


def is_intact(found: dead_letter_pb2.GetDeadLetterResponse) -> bool:
    """Whether the image is the one that the camera sent, by its CRC-32."""
    return zlib.crc32(found.image) == found.dead_letter.crc32
