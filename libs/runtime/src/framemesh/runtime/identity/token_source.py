"""The token that this process shows to servers."""

from dataclasses import dataclass, field
from pathlib import Path

from framemesh.core.errors import Code, FramemeshError

TOKEN_FILE = "FRAMEMESH_TOKEN_FILE"  # noqa: S105  the name of a variable

MAX_BYTES = 8192


class TokenUnreadable(FramemeshError):
    """The file with the token cannot be read."""

    code = Code.INVALID


@dataclass(frozen=True, slots=True)
class TokenSource:
    """A fixed token, or a file that is read for each call: whoever renews the token replaces the
    file, and no process needs to be told."""

    fixed: str = field(default="", repr=False)
    file: Path | None = None

    def token(self) -> str:
        """Empty: there is none.

        Raises:
            TokenUnreadable: the file cannot be read.
        """
        if self.file is None:
            return self.fixed
        try:
            with self.file.open("rb") as file:
                return file.read(MAX_BYTES).decode("ascii").strip()
        except UnicodeDecodeError as error:
            raise TokenUnreadable(f"{TOKEN_FILE}: {self.file} has no token") from error
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise TokenUnreadable(f"{TOKEN_FILE}: cannot read {self.file}: {why}") from error


NO_TOKEN = TokenSource()
