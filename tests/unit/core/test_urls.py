"""What is shown of a URL has no user, password or secret parameter in it."""

from collections.abc import Callable

import pytest

from framemesh.core.urls import url_without_credentials, without_credentials


@pytest.mark.parametrize("shown", [url_without_credentials, without_credentials])
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://admin:S3cret@10.0.0.7:554/s", "rtsp://10.0.0.7:554/s"),
        ("rtsp://admin:S3c@ret/@10.0.0.7/s", "rtsp://10.0.0.7/s"),
        ("mqtt://user:a/b@host:1883", "mqtt://host:1883"),
        ("rtsp://:S3cret@10.0.0.7/s", "rtsp://10.0.0.7/s"),
        ("nats://TOKEN@host", "nats://host"),
        ("https://host/hook?token=secret&x=1", "https://host/hook?token=***&x=1"),
        ("https://host/hook?x=1&api_KEY=secret#top", "https://host/hook?x=1&api_KEY=***#top"),
        ("http://127.0.0.1:7400/#token=abc", "http://127.0.0.1:7400/#token=***"),
        ("http://[::1", "http://[::1"),
        ("http://u:secret@[::1", "http://[::1"),
        ("https://host/hook?x=1", "https://host/hook?x=1"),
        ("https://registry:5000/v2/p@sha256:4f53", "https://registry:5000/v2/p@sha256:4f53"),
        ("clip.mp4", "clip.mp4"),
    ],
)
def test_of_one_url(shown: Callable[[str], str], url: str, expected: str) -> None:
    assert shown(url) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no URL, but mail to somebody@example.org",
        "nats://127.0.0.1:7404 is away",
        "no URL, but ?token=abc",
        "",
    ],
)
def test_a_text_without_a_password_stays(text: str) -> None:
    assert without_credentials(text) == text


def test_each_url_of_a_text_is_cleaned() -> None:
    text = "from rtsp://a:b@h/1 to 'mqtt://c:d@h/2' by https://h/?sig=e now"
    assert without_credentials(text) == "from rtsp://h/1 to 'mqtt://h/2' by https://h/?sig=*** now"


def test_one_url_may_have_blanks_in_its_password() -> None:
    assert url_without_credentials("nats://u:a b\n@h") == "nats://h"
