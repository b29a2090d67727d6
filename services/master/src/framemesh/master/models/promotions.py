"""Which versions of a model were promoted, in the bucket of models."""

import json
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import ConfigDict, Field

from framemesh.core.documents.document import InvalidDocument, NewerDocument, dump, read_stored
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.api.errors import WrongLastSequence, retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.logs import get_logger

log = get_logger()

PREFIX = "=promoted."
"""Before a model's name, the key of its promotions. As all keys that begin
with `=` it is of no version."""

MAX_KEPT = 16
"""As far back as one can go."""


class PromotionConflict(FramemeshError):
    """Another master promotes a version of the model."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class Promotions:
    """Those of one model."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    versions: tuple[int, ...] = ()
    """The oldest first; the last is the current one. Empty: the newest is current."""
    unfinished: bool = False
    """Whether pipelines that follow may still have another."""
    entry: Annotated[int, Field(exclude=True)] = field(default=0, compare=False)
    """The revision of the entry in the bucket."""

    @property
    def current(self) -> int:
        """0: none was promoted."""
        return self.versions[-1] if self.versions else 0

    @property
    def previous(self) -> int:
        """To which a roll-back goes; 0: to none."""
        return self.versions[-2] if len(self.versions) > 1 else 0

    def promoting(self, version: int, before: int) -> "Promotions":
        """With another one; `before` is what was current if none was promoted, or 0."""
        versions = self.versions or ((before,) if before else ())
        if versions[-1:] != (version,):
            versions = (*versions, version)[-MAX_KEPT:]
        return replace(self, versions=versions, unfinished=True)

    def without(self, version: int) -> "Promotions":
        """What is left when a version is deleted."""
        return replace(self, versions=tuple(each for each in self.versions if each != version))


class PromotionStore:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, bucket: KeyValueBucket) -> None:
        self._bucket = bucket

    async def get(self, name: str) -> Promotions:
        """Those of a model; none where their entry is damaged.

        Raises:
            NewerDocument: a newer master wrote them.
        """
        entry = await self._bucket.get(PREFIX + name)
        if entry is None:
            return Promotions()
        what = f"the entry of the promotions of model {name}"
        try:
            found = read_stored(entry.value, Promotions, what)
        except NewerDocument:
            raise
        except InvalidDocument as error:
            log.error("promotions of a model are unreadable", model=name, error=str(error))
            found = Promotions()
        return replace(found, entry=entry.revision)

    async def put(self, name: str, promotions: Promotions) -> Promotions:
        """Write them in place of those that they were made of.

        Raises:
            PromotionConflict: somebody else did so meanwhile.
        """
        value = json.dumps(dump(promotions)).encode()
        with retryable(f"cannot write the promotions of model {name}"):
            try:
                entry = await self._bucket.replace(PREFIX + name, value, promotions.entry)
            except WrongLastSequence as error:
                raise PromotionConflict(
                    f"a version of model {name} was promoted at the same time: try again"
                ) from error
        return replace(promotions, entry=entry)

    async def names(self) -> list[str]:
        """Of all models of which a version was promoted."""
        keys = await self._bucket.keys()
        return [key.removeprefix(PREFIX) for key in keys if key.startswith(PREFIX)]
