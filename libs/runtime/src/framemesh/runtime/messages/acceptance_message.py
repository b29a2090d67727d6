"""The record of accepted frames, as a message of the ledger's stream."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from framemesh.api.common.v1 import acceptance_pb2
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.messages.subjects import SEVERAL, accepted_subject, ledger_stream


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Frames of one session: those stored in the buffer, and those that the camera filtered."""

    camera: str
    session: str
    ranges: tuple[tuple[int, int], ...]
    """First and last sequence number of each run, both included, ascending."""
    image_bytes: int = 0
    """Of the images of all of them."""
    filtered: tuple[tuple[int, int], ...] = ()
    """Runs of those that the camera's own filter dropped."""

    @property
    def frames(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)


def ranges_of(sequences: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """The runs of consecutive numbers in `sequences`, ascending."""
    runs: list[tuple[int, int]] = []
    for sequence in sorted(sequences):
        if runs and sequence == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], sequence)
        else:
            runs.append((sequence, sequence))
    return tuple(runs)


def to_message(pipeline: str, acceptances: Sequence[Acceptance]) -> OutboundMessage:
    """The message that stores them, once for the same frames."""
    protos = [_to_proto(each) for each in acceptances]
    if len(protos) == 1:
        (only,), (proto,) = acceptances, protos
        payload, camera = proto.SerializeToString(), only.camera
        runs = (*only.ranges, *((f"f{first}", last) for first, last in only.filtered))
        name = f"{camera}/{only.session}/" + "+".join(f"{first}-{last}" for first, last in runs)
    else:
        payload = acceptance_pb2.Acceptances(entries=protos).SerializeToString()
        camera, name = SEVERAL, blake2b(payload, digest_size=16).hexdigest()
    return OutboundMessage(
        accepted_subject(pipeline, camera),
        payload,
        f"accepted/{name}",
        stream=ledger_stream(pipeline),
    )


def from_payload(subject: str, payload: bytes) -> Sequence[Acceptance]:
    """The acceptances that were stored under a subject.

    Raises:
        DecodeError, ValueError: the payload is none.
    """
    if subject.endswith(f".{SEVERAL}"):
        protos: Iterable[acceptance_pb2.Acceptance]
        protos = acceptance_pb2.Acceptances.FromString(payload).entries
    else:
        protos = (acceptance_pb2.Acceptance.FromString(payload),)
    return [_from_proto(each) for each in protos]


def _to_proto(acceptance: Acceptance) -> acceptance_pb2.Acceptance:
    return acceptance_pb2.Acceptance(
        camera=acceptance.camera,
        session=acceptance.session,
        ranges=_ranges_to_proto(acceptance.ranges),
        image_bytes=acceptance.image_bytes,
        filtered=_ranges_to_proto(acceptance.filtered),
    )


def _from_proto(proto: acceptance_pb2.Acceptance) -> Acceptance:
    return Acceptance(
        proto.camera,
        proto.session,
        _ranges_from_proto(proto.ranges),
        proto.image_bytes,
        _ranges_from_proto(proto.filtered),
    )


def _ranges_to_proto(runs: Iterable[tuple[int, int]]) -> list[acceptance_pb2.SequenceRange]:
    return [acceptance_pb2.SequenceRange(first=first, last=last) for first, last in runs]


def _ranges_from_proto(
    ranges: Iterable[acceptance_pb2.SequenceRange],
) -> tuple[tuple[int, int], ...]:
    runs = tuple((each.first, each.last) for each in ranges)
    if any(last < first for first, last in runs):
        raise ValueError(f"a range that runs backwards: {runs}")
    return runs
