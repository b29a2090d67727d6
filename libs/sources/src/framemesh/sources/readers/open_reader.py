"""Opens a source by its kind."""

from dataclasses import replace
from pathlib import Path

from framemesh.sources.errors import SourceUnreadable
from framemesh.sources.images import IMAGE_SUFFIXES
from framemesh.sources.readers.folder import Folder
from framemesh.sources.readers.http_camera import MjpegCamera, SnapshotCamera
from framemesh.sources.readers.http_client import HttpClient
from framemesh.sources.readers.image_file import ImageFile
from framemesh.sources.readers.live_video import LiveVideo
from framemesh.sources.readers.pattern import PatternReader
from framemesh.sources.readers.picture import Reader
from framemesh.sources.readers.video_file import VideoFile
from framemesh.sources.readers.video_input import VideoInput
from framemesh.sources.readers.watched_folder import WatchedFolder
from framemesh.sources.spec import Kind, SourceSpec


def open_reader(spec: SourceSpec) -> Reader:
    """
    Raises:
        SourceFailed, SourceTimedOut, SourceUnreadable: it cannot be opened.
    """
    match spec.kind:
        case Kind.PATTERN:
            return PatternReader(spec)
        case Kind.FOLDER if spec.watch:
            return WatchedFolder(Path(spec.place))
        case Kind.FOLDER:
            return Folder(Path(spec.place), lambda path: _open_file(spec, path))
        case Kind.FILE:
            return _open_file(spec, Path(spec.place))
        case Kind.HTTP:
            return _open_http(spec)
        case _:
            return _open_video(spec)


def _open_file(spec: SourceSpec, path: Path) -> Reader:
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageFile(path)
    return _open_video(replace(spec, kind=Kind.FILE, place=str(path)))


def _open_http(spec: SourceSpec) -> Reader:
    """What the answer is decides."""
    client = HttpClient(spec)
    answer = client.open()
    kind = answer.headers.get_content_type()
    if kind.startswith("multipart/"):
        return MjpegCamera(spec, answer, client)
    if kind.startswith("image/"):
        return SnapshotCamera(spec, answer, client)
    answer.close()
    if kind.startswith("text/html"):
        raise SourceUnreadable(
            f"{spec.place} is a page for people: its stream or picture has another URL"
        )
    return _open_video(spec)


def _open_video(spec: SourceSpec) -> Reader:
    source = VideoInput(spec)
    return LiveVideo(source) if source.live else VideoFile(source)
