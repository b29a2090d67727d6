"""What a client that knows the protocol, and keeps none of it, may send to Push; by a seed."""

from dataclasses import dataclass
from random import Random

from framemesh.api.ingest.v1 import ingest_pb2
from tests.integration.ingest.conftest import jpeg, png_header

INT64 = (-(2**63), -1, 0, 1, 1_700_000_000_000_000_000, 2**63 - 1)
UINT64 = (0, 1, 2, 2**31, 2**32, 2**63, 2**64 - 1)

NAMES = ("", "a.b", "a b", "*", ">", "x" * 65, "ö", "a\n", "\x00", "$JS", "../..", "n" * 5_000)

IMAGES = (
    *(jpeg(seed) for seed in range(4)),
    jpeg(5)[:-9],
    jpeg(6)[:3],
    png_header(8, 8),
    png_header(60_000, 60_000),
    b"",
    b"hi",
    b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    b"\xff\xd8" + b"\xff" * 500,
)

MESSAGES = 20
"""Of a stream, on average."""

EDITS = 4
"""Bytes of a message that are changed, at most."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One call of Push."""

    camera: str
    session: str
    messages: tuple[bytes, ...]
    cancels: bool
    """At its end; otherwise it half-closes, and waits for the answers."""


def streams(seed: int, messages: int) -> list[Stream]:
    """Streams with so many messages in all, or a few more. Cameras share sessions and numbers."""
    random, found, count = Random(seed), [], 0  # noqa: S311  to be repeated
    while count < messages:
        stream = _stream(random, seed)
        found.append(stream)
        count += len(stream.messages)
    return found


def _stream(random: Random, seed: int) -> Stream:
    camera = f"camera-{random.randrange(8)}"
    # The broker would know the frames of the seed before.
    session = f"{camera}-{seed}-{random.randrange(3)}"
    opening = ingest_pb2.OpenSession(pipeline="street", camera=camera, session=session)
    first = ingest_pb2.PushRequest(open=opening).SerializeToString()
    begins = [first] if random.random() < 0.9 else []
    length = 1 + int(random.expovariate(1 / MESSAGES))
    messages = (*begins, *(_message(random, first) for _ in range(length)))
    return Stream(camera, session, messages, cancels=random.random() < 0.2)


def _message(random: Random, opening: bytes) -> bytes:
    kind = random.random()
    if kind < 0.8:
        message = _frame(random) if kind < 0.65 else _frames(random)
        return message.SerializeToString()
    if kind < 0.95:
        return _clock(random).SerializeToString()
    if kind < 0.96:
        return opening
    if kind < 0.97:
        return _odd_opening(random).SerializeToString()
    if kind < 0.98:
        return random.randbytes(random.randrange(100))
    return _edited(random, _frame(random).SerializeToString())


def _frame(random: Random) -> ingest_pb2.PushRequest:
    few = random.random() < 0.8
    image = random.choice(IMAGES) if random.random() < 0.95 else random.randbytes(2_000)
    frame = ingest_pb2.Frame(
        sequence=random.randrange(60) if few else random.choice(UINT64),
        captured_unix_nano=1_700_000_000_000_000_000 if few else random.choice(INT64),
        image=image,
    )
    if random.random() < 0.1:
        frame.withheld_bytes = random.choice(UINT64)
    if random.random() < 0.1:
        frame.crc32 = random.getrandbits(32)
    if random.random() < 0.1:
        frame.sent_unix_nano = random.choice(INT64)
    if random.random() < 0.05:
        frame.filtered = random.choice((*UINT64, 10_000_000, 10_000_001))
        if random.random() < 0.8:
            frame.ClearField("image")
    if random.random() < 0.05:
        frame.headers[random.choice(("traceparent", "Nats-Msg-Id", *NAMES))] = random.choice(NAMES)
    return ingest_pb2.PushRequest(frame=frame)


def _frames(random: Random) -> ingest_pb2.PushRequest:
    count = random.choice((0, 1, 2, 3, 4, 8, 9, 200))
    frames = [_frame(random).frame for _ in range(count)]
    if random.random() < 0.8:
        frames.sort(key=lambda frame: frame.sequence)
    return ingest_pb2.PushRequest(frames=ingest_pb2.Frames(frames=frames))


def _clock(random: Random) -> ingest_pb2.PushRequest:
    return ingest_pb2.PushRequest(
        clock=ingest_pb2.ClockReading(
            unix_nano=random.choice(INT64),
            query=random.choice(UINT64),
            stepped_nano=random.choice(INT64),
        )
    )


def _odd_opening(random: Random) -> ingest_pb2.PushRequest:
    names = [random.choice((*NAMES, "street", "yard")) for _ in range(3)]
    pipeline, camera, session = names
    opening = ingest_pb2.OpenSession(pipeline=pipeline, camera=camera, session=session)
    return ingest_pb2.PushRequest(open=opening)


def _edited(random: Random, message: bytes) -> bytes:
    edited = bytearray(message)
    for _ in range(random.randrange(1, EDITS + 1)):
        edited[random.randrange(len(edited))] = random.randrange(256)
    return bytes(edited)
