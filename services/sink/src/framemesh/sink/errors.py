"""What keeps a sink from writing."""

from framemesh.core.errors import Code, FramemeshError


class TargetTrouble(FramemeshError):
    """The target takes nothing at the moment: what was to be written is written again later."""

    code = Code.UNAVAILABLE

    def __init__(self, line: str, retry_after_seconds: float = 0) -> None:
        """`retry_after_seconds`: the target asks not to be tried again before."""
        super().__init__(line)
        self.retry_after_seconds = retry_after_seconds


class ResultsRefused(TargetTrouble):
    """The target takes no request with these results, for what is in them."""


def file_trouble(error: OSError, what: str) -> TargetTrouble:
    """`what`: the file or folder that cannot be written."""
    return TargetTrouble(f"cannot write {what}: {(error.strerror or str(error)).lower()}")
