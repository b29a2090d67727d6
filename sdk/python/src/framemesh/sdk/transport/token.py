"""The token that a camera shows when it opens a stream."""

from pathlib import Path

from framemesh.sdk.session.options import Token

MAX_BYTES = 8192


class TokenUnavailable(Exception):
    """There is no token at the moment: the next stream asks again."""


def token_metadata(token: Token) -> tuple[tuple[str, str], ...]:
    """What a call shows; nothing where there is no token. It may read a file, or wait for whoever
    makes tokens.

    Raises:
        TokenUnavailable: it cannot be had.
    """
    found = _token(token)
    if not found.isascii() or not found.isprintable() or len(found) > MAX_BYTES:
        raise TokenUnavailable("what was given as a token is none")
    return (("authorization", f"Bearer {found}"),) if found else ()


def _token(token: Token) -> str:
    if token is None:
        return ""
    if isinstance(token, str):
        return token.strip()
    if isinstance(token, Path):
        return _read(token)
    try:
        return str(token()).strip()
    except Exception as error:
        # Not its words: they are of another program, and may have what nobody should read.
        raise TokenUnavailable(f"the token cannot be had: {type(error).__name__}") from error


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1).decode("ascii", "replace").strip()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise TokenUnavailable(f"cannot read the token in {file}: {why}") from error
