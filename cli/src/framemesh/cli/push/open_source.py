"""Finds the source that a person names."""

from pathlib import Path

from framemesh.cli.push.encoding import AS_IT_IS, Encoding
from framemesh.cli.push.image_files import Images, images_in, is_image
from framemesh.cli.push.image_source import ImageSource, SourceUnreadable
from framemesh.cli.push.video import Video


def open_source(name: str, encoding: Encoding = AS_IT_IS) -> ImageSource:
    """The source that a person means by `name`: a file, a folder, a URL, `webcam` or `webcam:N`.

    Raises:
        SourceUnreadable: the source is of no supported kind.
    """
    kind, _, number = name.partition(":")
    if kind == "webcam" and (number or "0").isdecimal():
        return Video(int(number or "0"), encoding)
    if "://" in name:
        return Video(name, encoding)
    path = Path(name)
    if path.is_dir():
        return images_in(path, encoding)
    if not path.is_file():
        raise SourceUnreadable(
            f"no source {name!r}: name a video, an image, a folder of images, "
            "a URL such as rtsp://..., webcam or webcam:N"
        )
    if is_image(path):
        return Images((path,), encoding=encoding)
    # FFmpeg takes what is before a colon, as in 2024-05-01T12:30:00.mp4, for a protocol.
    return Video(str(path.absolute()), encoding)
