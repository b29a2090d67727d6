"""A source as the command line names it."""

import re
from dataclasses import replace

from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.secrets import SecretPlace, read_secret
from framemesh.sources.spec import Kind, SourceSpec, Transport

_SIZE = re.compile(r"(\d{1,5})?(?:x(\d{1,5}))?")
_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)")


def parse_size(text: str) -> tuple[int, int]:
    """The bounds of a picture, from "1280x720", "1280" or "x720"; 0: no bound.

    Raises:
        SourceUnreadable: it is none of these.
    """
    found = _SIZE.fullmatch(text)
    width, height = (int(each or 0) for each in found.groups()) if found else (0, 0)
    if not width and not height:
        raise SourceUnreadable(f"--resize {text}: name a size as 1280x720, 1280 or x720")
    return width, height


def parse_time(text: str) -> float:
    """Seconds, from "90", "1:30" or "0:01:30.5".

    Raises:
        SourceUnreadable: it is none of these.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise SourceUnreadable(f"--start {text}: name a time as 90, 1:30 or 0:01:30")
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def with_login(spec: SourceSpec, user: str, password_env: str, password_file: str) -> SourceSpec:
    """
    Raises:
        BadSecret: the password is not where it is said to be.
        SourceUnreadable: both places are named.
    """
    if password_env and password_file:
        raise SourceUnreadable("name either --password-env or --password-file")
    if password_env or password_file:
        place = SecretPlace(env=password_env, file=password_file)
        spec = replace(spec, password=read_secret(place))
    return replace(spec, user=user) if user else spec


def over(spec: SourceSpec, transport: Transport) -> SourceSpec:
    """By this transport, where it is RTSP."""
    return replace(spec, transport=transport)


def starting(spec: SourceSpec, start: str) -> SourceSpec:
    """
    Raises:
        SourceUnreadable: it is no time, or the source has no beginning.
    """
    if not start:
        return spec
    if spec.kind not in {Kind.FILE, Kind.HTTP, Kind.STREAM}:
        raise SourceUnreadable(f"--start is for a video, not for {spec.place}")
    return replace(spec, start_seconds=parse_time(start))


def watching(spec: SourceSpec, *, watch: bool) -> SourceSpec:
    """
    Raises:
        SourceUnreadable: it is no folder.
    """
    if watch and spec.kind is not Kind.FOLDER:
        raise SourceUnreadable(f"--watch is for a folder, not for {spec.place}")
    return replace(spec, watch=watch)
