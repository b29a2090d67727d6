"""What a person names a source by."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.spec import Kind, SourceSpec

_PATTERN = re.compile(r"pattern(?::(\d{1,4})x(\d{1,4}))?(?:@(\d{1,3}(?:\.\d+)?))?")
_WEBCAM = re.compile(r"webcam(?::(\d{1,3}))?")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

DEFAULT_PATTERN = (640, 480, 25.0)
"""Width, height and frames a second."""

CHOICES = (
    "a video, an image, a folder of images or videos, - for standard input, a URL such as "
    "rtsp://... or http://..., webcam or webcam:N, pattern or pattern:640x480@25"
)


def locate(name: str) -> SourceSpec:
    """The source that a person means by `name`; user and password of a URL become fields.

    Raises:
        SourceUnreadable: it is no source.
    """
    if name == "-":
        return SourceSpec(Kind.STDIN, name)
    if found := _WEBCAM.fullmatch(name):
        return SourceSpec(Kind.WEBCAM, found[1] or "0")
    if found := _PATTERN.fullmatch(name):
        return SourceSpec(Kind.PATTERN, _pattern_place(name, found))
    if _URL.match(name):
        return _from_url(name)
    if not name:
        raise SourceUnreadable(f"no source: name {CHOICES}")
    return _from_path(name)


def shown(spec: SourceSpec) -> str:
    """A source as it may be shown: without its user and password."""
    match spec.kind:
        case Kind.WEBCAM:
            return f"webcam {spec.place}"
        case Kind.PATTERN:
            return "the test pattern"
        case Kind.STDIN:
            return "standard input"
        case Kind.FILE:
            return Path(spec.place).name
        case _:
            return spec.place


def with_credentials(spec: SourceSpec) -> str:
    """The URL as FFmpeg wants it."""
    if not spec.user and not spec.password:
        return spec.place
    parts = urlsplit(spec.place)
    user_info = f"{_quoted(spec.user)}:{_quoted(spec.password)}"
    return urlunsplit(parts._replace(netloc=f"{user_info}@{parts.netloc}"))


def parse_pattern(place: str) -> tuple[int, int, float]:
    """Width, height and frames a second of a pattern, from "640x480@25"."""
    size, _, fps = place.partition("@")
    width, _, height = size.partition("x")
    return int(width), int(height), float(fps)


def _pattern_place(name: str, found: re.Match[str]) -> str:
    width, height, fps = DEFAULT_PATTERN
    if found[1]:
        width, height = int(found[1]), int(found[2])
    if found[3]:
        fps = float(found[3])
    if min(width, height) < 64 or not fps:
        raise SourceUnreadable(f"{name}: a pattern has 64x64 pixels and 0.01 frames/s at least")
    return f"{width}x{height}@{fps:g}"


def _from_url(url: str) -> SourceSpec:
    scheme = url.partition("://")[0].lower()
    kind = Kind.HTTP if scheme in {"http", "https"} else Kind.STREAM
    user_info, host = _split_user_info(url)
    user, _, password = user_info.partition(":")
    # The scheme is written as in the URL: FFmpeg's are lower case.
    place = f"{scheme}://{host}"
    return SourceSpec(kind, place, user=unquote(user), password=unquote(password))


def _split_user_info(url: str) -> tuple[str, str]:
    """What is before the host, and the rest. A password that was pasted as it is may have slashes
    and @ in it; an @ in the path of a URL without a user is no end of one."""
    rest = url.partition("://")[2]
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        user_info, _, host = authority.rpartition("@")
        if "@" in path and ":" not in host and "." not in host and ":" in user_info:
            # rtsp://admin:S3c@ret/@10.0.0.7/s
            user_info, _, host = rest.rpartition("@")
            return user_info, host
        return user_info, f"{host}{slash}{path}"
    port = authority.rpartition(":")[2]
    if "@" in path and ":" in authority and not authority.startswith("[") and not port.isdecimal():
        # rtsp://admin:S3/cret@10.0.0.7/s
        user_info, _, host = rest.rpartition("@")
        return user_info, host
    return "", rest


def _from_path(name: str) -> SourceSpec:
    path = Path(name)
    if path.is_dir():
        return SourceSpec(Kind.FOLDER, str(path))
    if path.is_char_device() and path.name.startswith("video"):
        return SourceSpec(Kind.WEBCAM, str(path))
    # A recording is often named by its time, as 2024-05-01T12:30:00.mp4; a pipe has a name, too.
    if path.exists() or path.is_symlink():
        return SourceSpec(Kind.FILE, str(path))
    raise SourceUnreadable(f"no source {name!r}: name {CHOICES}")


def _quoted(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.~-]", lambda found: _percent(found[0]), text)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())
