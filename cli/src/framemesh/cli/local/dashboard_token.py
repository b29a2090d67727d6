"""The token of the dashboard: a file in the data folder that only its owner can read."""

import contextlib
import os
import secrets
from pathlib import Path

FILE = "dashboard-token"

MODE = 0o600


def dashboard_token(data: Path) -> str:
    """The token of this folder's mesh, made when it is first asked for: it stays the same, so that
    a page that is open goes on after a restart.

    Raises:
        OSError: it can neither be read nor made.
    """
    file = data / FILE
    with contextlib.suppress(FileNotFoundError):
        if found := file.read_text(encoding="ascii", errors="replace").strip():
            return found
        file.unlink(missing_ok=True)
    data.mkdir(parents=True, exist_ok=True)
    draft = data / f"{FILE}.{secrets.token_hex(8)}"
    made = secrets.token_urlsafe(32)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w") as out:
        out.write(made + "\n")
    # Another process may have made one at the same time: the first stays.
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()
    return file.read_text(encoding="ascii").strip()


def page_address(dashboard: str, data: Path) -> str:
    """What to open in a browser: the token is its fragment, which no browser sends anywhere.

    Where the mesh asks for tokens of its own, whoever opens it has one.

    Args:
        dashboard: the address of the page, as http://127.0.0.1:7400/.
    """
    if os.environ.get("FRAMEMESH_TOKEN_KEYS"):
        return dashboard
    try:
        return f"{dashboard}#token={dashboard_token(data)}"
    except OSError:
        # Of another user: the page is read-only.
        return dashboard
