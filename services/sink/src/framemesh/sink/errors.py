"""What keeps a sink from writing."""

from framemesh.core.errors import Code, FramemeshError


class TargetTrouble(FramemeshError):
    """The target takes nothing at the moment: what was to be written is written again later."""

    code = Code.UNAVAILABLE


def file_trouble(error: OSError, what: str) -> TargetTrouble:
    """`what`: the file or folder that cannot be written."""
    return TargetTrouble(f"cannot write {what}: {(error.strerror or str(error)).lower()}")
