"""The pipelines that a token is for.

A scope is the name of a pipeline, `TENANT--*` for all pipelines of a tenant, or `*` for the mesh. A
tenant is a prefix: `acme--street` is the pipeline `street` of `acme`. The name of a pipeline with
its tenant is a name like any other, so streams, subjects, files and metrics need no new grammar.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError

EVERYTHING = "*"
SEPARATOR = "--"

MAX_SCOPES = 64
"""Of one token, which has to fit into the metadata of a call."""

_SCOPE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TENANT = re.compile(r"([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)--\*")


class InvalidScope(FramemeshError):
    """A text names no pipelines."""

    code = Code.INVALID


def tenant_of(pipeline: str) -> str:
    """The tenant of a pipeline; empty: it has none."""
    tenant, separator, _ = pipeline.partition(SEPARATOR)
    return tenant if separator else ""


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of pipelines."""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, parts: Iterable[str]) -> "Scope":
        """
        Raises:
            InvalidScope: one of them is none, or there are none, or too many.
        """
        found = tuple(dict.fromkeys(parts))
        if not 0 < len(found) <= MAX_SCOPES:
            raise InvalidScope(f"name 1 to {MAX_SCOPES} pipelines, not {len(found)}")
        for part in found:
            if part != EVERYTHING and not (_SCOPE.fullmatch(part) or _is_tenant(part)):
                raise InvalidScope(
                    f"{part[:80]!r} names no pipelines: use the name of one, TENANT--* for those of"
                    " a tenant, or * for all"
                )
        return cls(found)

    @property
    def is_everything(self) -> bool:
        return EVERYTHING in self.parts

    def has(self, pipeline: str) -> bool:
        """Whether a pipeline is in it."""
        if self.is_everything or pipeline in self.parts:
            return True
        tenant = tenant_of(pipeline)
        return bool(tenant) and f"{tenant}{SEPARATOR}{EVERYTHING}" in self.parts

    def __str__(self) -> str:
        return ", ".join(self.parts)


def _is_tenant(part: str) -> bool:
    return len(part) <= 64 and _TENANT.fullmatch(part) is not None


WHOLE_MESH = Scope((EVERYTHING,))
