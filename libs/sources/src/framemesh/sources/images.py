"""Which files are images, which are videos."""

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"}
    | {".bmp", ".dib", ".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm"}
)
"""Files that the mesh takes as they are, and files that OpenCV reads, which are encoded."""

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg"}
    | {".flv", ".wmv", ".3gp", ".dav", ".h264", ".h265", ".264", ".265", ".hevc", ".mjpg", ".mjpeg"}
)
"""Files that are taken for videos in a folder; one that is named is tried in any case."""
