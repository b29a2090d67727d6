"""Tokens as text: signed by one key, checked with all that count."""

import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from framemesh.core.clock import NANO, Clock
from framemesh.core.identity.claims import Claims, check_claims, claims_from_json
from framemesh.core.identity.errors import Unauthenticated
from framemesh.core.identity.roles import Role
from framemesh.core.identity.scope import Scope
from framemesh.runtime.identity.keys import KeyRing, private_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ALGORITHM = "EdDSA"
"""The only one: what a token says of itself never chooses."""

MAX_TOKEN_CHARACTERS = 6144
"""Servers of gRPC take 8 KiB of metadata with a call."""

CACHED = 1024
"""Tokens whose signature was checked: that takes 0.2 ms, and the dashboard asks again and again."""


def new_claims(
    name: str,
    role: Role,
    pipelines: Scope,
    *,
    life_seconds: int,
    clock: Clock,
    cameras: tuple[str, ...] = (),
) -> Claims:
    """Of a token that is issued now.

    Raises:
        InvalidName, InvalidScope: as `check_claims`.
    """
    now = clock.unix_nano() // NANO
    token_id = secrets.token_hex(16)
    return check_claims(Claims(token_id, name, role, pipelines, now, now + life_seconds, cameras))


def sign(claims: Claims, key: Path) -> str:
    """A token, signed with the private key `KID.key`.

    Raises:
        KeyUnusable: the key cannot be used.
    """
    import jwt  # noqa: PLC0415  60 ms

    headers = {"kid": key.stem}
    return jwt.encode(claims.to_json(), private_key(key), ALGORITHM, headers=headers)


class TokenReader:
    """Checks signatures; whether a token counts at this time is asked for each call."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        """Metrics are asked for in threads."""
        self._cache: dict[str, tuple[Claims, Ed25519PublicKey]] = {}

    def read(self, token: str) -> Claims:
        """The claims of a token.

        Raises:
            Unauthenticated: none of the keys signed it, or it is no token. The message never has a
                part of it.
        """
        with self._lock:
            return self._read(token)

    def _read(self, token: str) -> Claims:
        keys = self._ring.keys()
        if (found := self._cache.get(token)) is not None and found[1] in keys.values():
            return found[0]
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated(f"the token has over {MAX_TOKEN_CHARACTERS} characters")
        claims, key = _verified(token, keys)
        if len(self._cache) >= CACHED:
            del self._cache[next(iter(self._cache))]
        self._cache[token] = claims, key
        return claims


def _verified(
    token: str, keys: Mapping[str, "Ed25519PublicKey"]
) -> tuple[Claims, "Ed25519PublicKey"]:
    import jwt  # noqa: PLC0415  60 ms

    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM:
            raise Unauthenticated(f"the token is not signed with {ALGORITHM}")
        key = keys.get(str(header.get("kid")))
        if key is None:
            raise Unauthenticated("no key here has the kid of the token: get a new one")
        # Times are checked for each call, with a clock of ours; pipelines with what is called.
        payload = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            options={
                "require": ["jti", "sub", "aud", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
            },
        )
    except jwt.InvalidSignatureError as error:
        raise Unauthenticated("the token is not signed by the key that it names") from error
    # A ValueError or RecursionError: text that is no JSON, or too deep.
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise Unauthenticated("this is no token of framemesh") from error
    return claims_from_json(payload), key
