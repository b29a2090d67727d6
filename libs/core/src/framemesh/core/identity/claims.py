"""What a token says: a JSON Web Token (RFC 7519) with these claims and no others that count.

| claim | meaning |
|---|---|
| jti | the number of the token, by which it is revoked: 32 hexadecimal digits |
| sub | who it was issued to; of a camera its name |
| role | what it is for |
| aud | the pipelines: names, `TENANT--*`, or `*` |
| cameras | of a viewer the only cameras that it sees; absent: all of its pipelines |
| iat, exp | when it was issued, and when it ends, in seconds since the Unix epoch |
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from framemesh.core.errors import InvalidName
from framemesh.core.identity.caller import Caller
from framemesh.core.identity.errors import Unauthenticated
from framemesh.core.identity.roles import MAX_LIFE_SECONDS, Role
from framemesh.core.identity.scope import InvalidScope, Scope
from framemesh.core.names import check_name

LEEWAY_SECONDS = 30
"""By which the clocks of who issues and who checks may differ."""

MAX_CAMERAS = 64
"""Of one token, which has to fit into the metadata of a call."""

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Claims:
    """Of one token. Times are seconds since the Unix epoch."""

    id: str
    name: str
    role: Role
    pipelines: Scope
    issued: int
    expires: int
    cameras: tuple[str, ...] = ()
    """None: all of its pipelines."""

    @property
    def caller(self) -> Caller:
        cameras = (self.name,) if self.role is Role.CAMERA else self.cameras
        return Caller(self.name, self.role, self.pipelines, frozenset(cameras) or None)

    def check_time(self, now: float) -> None:
        """
        Raises:
            Unauthenticated: it does not count at this time; the message says why.
        """
        if now > self.expires + LEEWAY_SECONDS:
            raise Unauthenticated(
                f"the token expired {_ago(now - self.expires)} ago: get a new one"
            )
        if now < self.issued - LEEWAY_SECONDS:
            raise Unauthenticated(
                f"the token was issued {_ago(self.issued - now)} from now: one of the clocks, here"
                " or where it was issued, is wrong"
            )

    def to_json(self) -> dict[str, Any]:
        cameras = {"cameras": list(self.cameras)} if self.cameras else {}
        return {
            "jti": self.id,
            "sub": self.name,
            "role": self.role.value,
            "aud": list(self.pipelines.parts),
            "iat": self.issued,
            "exp": self.expires,
            **cameras,
        }


def is_token_id(text: str) -> bool:
    """Whether a token may have this number."""
    return _ID.fullmatch(text) is not None


def check_token_id(text: str) -> str:
    """Return `text`.

    Raises:
        InvalidName: no token has this number.
    """
    if not is_token_id(text):
        raise InvalidName(f"bad token {text[:40]!r}: use the 32 digits of `framemesh token list`")
    return text


def check_claims(claims: Claims) -> Claims:
    """Return `claims`.

    Raises:
        InvalidName: a name is none.
        InvalidScope: its pipelines or cameras are not what its role has.
    """
    check_token_id(claims.id)
    check_name("token's", claims.name)
    for camera in claims.cameras:
        check_name("camera", camera)
    if claims.cameras and claims.role is not Role.VIEWER:
        raise InvalidScope(
            f"only a viewer is for some cameras, not one with the role {claims.role.value}"
        )
    if len(claims.cameras) > MAX_CAMERAS:
        raise InvalidScope(f"name at most {MAX_CAMERAS} cameras, not {len(claims.cameras)}")
    if claims.role is Role.SERVICE and not claims.pipelines.is_everything:
        raise InvalidScope("a service is for all pipelines: *")
    if not 0 < claims.expires - claims.issued <= MAX_LIFE_SECONDS:
        raise InvalidScope(f"a token lives for 1 s to {MAX_LIFE_SECONDS // 86_400} days")
    return claims


def claims_from_json(payload: Mapping[str, Any]) -> Claims:
    """The claims of a payload, whoever wrote it.

    Raises:
        Unauthenticated: it is no token of a mesh.
    """
    try:
        return check_claims(_read(payload))
    except (KeyError, TypeError, ValueError) as error:
        raise Unauthenticated("the token lacks a claim, or has one that cannot be read") from error
    except (InvalidName, InvalidScope) as error:
        raise Unauthenticated(f"the token has a claim that cannot be: {error}") from error


def _read(payload: Mapping[str, Any]) -> Claims:
    pipelines = payload["aud"]
    return Claims(
        id=_text(payload["jti"]),
        name=_text(payload["sub"]),
        role=Role(_text(payload["role"])),
        pipelines=Scope.of(_texts([pipelines] if isinstance(pipelines, str) else pipelines)),
        issued=_seconds(payload["iat"]),
        expires=_seconds(payload["exp"]),
        cameras=_cameras(payload),
    )


def _cameras(payload: Mapping[str, Any]) -> tuple[str, ...]:
    if "cameras" not in payload:
        return ()
    found = _texts(payload["cameras"])
    if not found:
        # None would be all.
        raise ValueError("cameras")
    return tuple(dict.fromkeys(found))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [_text(each) for each in value]


def _seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**40:
        raise TypeError
    return int(value)


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3_600:.0f} h"
