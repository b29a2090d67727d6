"""What a person means by the name of a source, and what is shown of it."""

from pathlib import Path

import pytest

from framemesh.core.urls import url_without_credentials
from framemesh.sources.errors import BadSecret, SourceUnreadable
from framemesh.sources.locations import locate, shown, with_credentials
from framemesh.sources.secrets import SecretPlace, read_secret, scrubbed
from framemesh.sources.spec import Kind, SourceSpec


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("webcam", Kind.WEBCAM, "0"),
        ("webcam:2", Kind.WEBCAM, "2"),
        ("-", Kind.STDIN, "-"),
        ("pattern", Kind.PATTERN, "640x480@25"),
        ("pattern:320x240@5", Kind.PATTERN, "320x240@5"),
        ("rtsp://10.0.0.7:554/s", Kind.STREAM, "rtsp://10.0.0.7:554/s"),
        ("HTTP://10.0.0.7/video.mjpg?a@b", Kind.HTTP, "http://10.0.0.7/video.mjpg?a@b"),
    ],
)
def test_a_source_is_known_by_its_name(name: str, kind: Kind, place: str) -> None:
    assert locate(name) == SourceSpec(kind, place)


def test_a_recording_named_by_its_time_is_a_file_and_no_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("2024-05-01T12:30:00.mp4").touch()
    assert locate("2024-05-01T12:30:00.mp4").kind is Kind.FILE
    assert locate(str(tmp_path)).kind is Kind.FOLDER


@pytest.mark.parametrize("name", ["nowhere.mp4", "webcam:x", "pattern:8x8", "pattern:640", ""])
def test_what_is_no_source_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(SourceUnreadable):
        locate(name)


@pytest.mark.parametrize(
    ("url", "user", "password", "host"),
    [
        ("rtsp://admin:S3cret@10.0.0.7:554/s", "admin", "S3cret", "10.0.0.7:554/s"),
        ("rtsp://admin:S3c@ret/@10.0.0.7/s", "admin", "S3c@ret/", "10.0.0.7/s"),
        ("rtsp://admin:S3/cret@10.0.0.7/s", "admin", "S3/cret", "10.0.0.7/s"),
        ("rtsp://:S3cret@10.0.0.7/s", "", "S3cret", "10.0.0.7/s"),
        ("rtsp://admin:a%40b@10.0.0.7/s", "admin", "a@b", "10.0.0.7/s"),
        ("rtsp://[::1]:554/s@1", "", "", "[::1]:554/s@1"),
        ("rtsp://10.0.0.7:554/user=a@b", "", "", "10.0.0.7:554/user=a@b"),
    ],
)
def test_user_and_password_of_a_url_are_no_part_of_what_is_shown(
    url: str, user: str, password: str, host: str
) -> None:
    spec = locate(url)
    assert (spec.user, spec.password, spec.place) == (user, password, f"rtsp://{host}")
    assert password == "" or password not in repr(spec) + shown(spec)


def test_ffmpeg_gets_a_password_that_it_reads_as_it_was_meant() -> None:
    spec = SourceSpec(Kind.STREAM, "rtsp://10.0.0.7/s", user="admin", password="S3c@ret/:é")  # noqa: S106
    assert with_credentials(spec) == "rtsp://admin:S3c%40ret%2F%3A%C3%A9@10.0.0.7/s"
    assert locate(with_credentials(spec)).password == spec.password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:S3cret@10.0.0.7:554/s", "rtsp://10.0.0.7:554/s"),
        ("rtsp://admin:S3c@ret/@10.0.0.7/s", "rtsp://10.0.0.7/s"),
        ("rtsp://10.0.0.7:554/s", "rtsp://10.0.0.7:554/s"),
        ("clip.mp4", "clip.mp4"),
    ],
)
def test_the_password_of_a_url_is_not_shown(url: str, shown: str) -> None:
    assert url_without_credentials(url) == shown


def test_a_password_is_in_the_environment_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("S3cret\n")
    assert read_secret(SecretPlace(file=str(file))) == "S3cret"
    assert read_secret(SecretPlace(env="PW"), {"PW": "S3cret"}) == "S3cret"
    with pytest.raises(BadSecret, match="no variable PW"):
        read_secret(SecretPlace(env="PW"), {})
    with pytest.raises(BadSecret, match="no such file"):
        read_secret(SecretPlace(file=str(tmp_path / "none")))
    with pytest.raises(ValueError, match="either"):
        SecretPlace()


def test_a_password_is_taken_out_of_what_a_library_says() -> None:
    assert scrubbed("open rtsp://a:S3cret@h failed", "S3cret") == "open rtsp://a:***@h failed"
