"""Cameras that are found: what they answer, and what anybody may answer."""

import socket
import threading

import pytest

from framemesh.sources.discovery import FoundCamera, discover_cameras, read_answer
from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.probing import ProbeReport, advice

ANSWER = b"""<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><SOAP-ENV:Body><d:ProbeMatches>
<d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/hardware/DS-2CD
 onvif://www.onvif.org/name/Front%20door%1B[2J</d:Scopes>
<d:XAddrs>http://192.0.2.7/onvif/device_service http://[fe80::1]/onvif/device_service</d:XAddrs>
</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>"""

CAMERA = FoundCamera(
    "192.0.2.7", "Front door[2J", "DS-2CD", "http://192.0.2.7/onvif/device_service"
)


def test_an_answer_tells_the_camera() -> None:
    assert list(read_answer(ANSWER)) == [CAMERA]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello",
        ANSWER[:200],
        ANSWER.replace(b"<SOAP-ENV:Env", b'<!DOCTYPE a [<!ENTITY b "c">]><SOAP-ENV:Env', 1),
        ANSWER + b" " * 65536,
        ANSWER.replace(b"http://192.0.2.7", b"http://[::"),
        b"<a/>",
    ],
)
def test_what_is_no_answer_tells_nothing(answer: bytes) -> None:
    assert list(read_answer(answer)) == []


def test_each_camera_is_told_once_however_often_it_answers() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.0.1", 0))
        device.settimeout(10)

        def answer() -> None:
            question, asker = device.recvfrom(4096)
            assert b"NetworkVideoTransmitter" in question
            for each in (ANSWER, b"garbage", ANSWER):
                device.sendto(each, asker)

        thread = threading.Thread(target=answer)
        thread.start()
        found = discover_cameras(1.0, f"127.0.0.1:{device.getsockname()[1]}")
        thread.join()
    assert found == [CAMERA]


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(SourceUnreadable, match="no host:port"):
        discover_cameras(0.5, "camera:http")


def report(**changes: object) -> ProbeReport:
    said: dict[str, object] = {
        "codec": "h264", "profile": "Main", "width": 1280, "height": 720, "seconds": 6.0,
        "frames": 150, "damaged": 0, "frames_per_second": 25.0, "bits_per_second": 2e6,
        "key_frames": 4, "key_frame_frames": 50, "key_frame_seconds": 2.0, "reordered": False,
        "open_seconds": 0.5, "first_seconds": 0.1, "decode_milliseconds": 4.0,
    }  # fmt: skip
    return ProbeReport(**said | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key_frame_seconds": 10.0}, "key frame"),
        ({"key_frame_seconds": None, "key_frame_frames": None}, "key frame"),
        ({"reordered": True}, "B-frames"),
        ({"width": 3840, "height": 2160}, "smaller stream"),
        ({"decode_milliseconds": 30.0}, "75% of a core"),
        ({"damaged": 3}, "3 damaged"),
    ],
)
def test_what_hurts_is_told_with_what_to_set(changes: dict[str, object], words: str) -> None:
    (line,) = advice(report(**changes))
    assert words in line


def test_a_camera_that_is_set_well_needs_nothing() -> None:
    assert list(advice(report())) == []
    assert list(advice(report(codec="mjpeg", key_frame_seconds=None))) == []
