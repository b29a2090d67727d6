"""Images of deleted models leave a real registry, whoever removes them and is killed."""

from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from framemesh.master.history.events import EventKind
from framemesh.master.packaging.errors import DeletionDisabled
from framemesh.master.packaging.image_removal import ImageRemoval
from framemesh.master.packaging.known_images import KnownImages, known_image
from framemesh.master.packaging.registry import Registry
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.integration.packaging.conftest import NAME, Model, Shop, open_shop
from tests.recorded_events import RecordedEvents
from tests.registry import running_registry


class Leading:
    """A leader, until it is said to be none."""

    certain = True


class Store:
    """The models and the pipelines that there are."""

    def __init__(self, *models: Model) -> None:
        self.models = [*models]

    async def named_files(self, digests: Collection[str]) -> set[str]:
        return {*digests} & {each.digest for each in self.models}

    async def names(self) -> list[str]:
        return ["street"]


class Depot:
    """What masters pushed, and one that removes what nobody needs."""

    def __init__(self, shop: Shop, broker: Broker, store: Store) -> None:
        self._shop = shop
        self.store = store
        self.known = KnownImages(broker)
        self.events = RecordedEvents()
        self.leading = Leading()

    async def push(self, *models: Model) -> str:
        """An image of these models as a master makes it; returns its tag."""
        layers = [each.layer for each in models]
        tag = await self._shop.packager.tag(layers)
        digests = [each.digest for each in models]
        await self.known.note(known_image(NAME, tag, digests, ["street", "gone"]))
        await self._shop.build(*models)
        return tag

    async def is_there(self, tag: str) -> bool:
        return await self._shop.registry.digest_of(tag) is not None

    async def noted(self) -> list[str]:
        return [each.tag for each in await self.known.all()]

    async def remove(self) -> None:
        """One round of a leader."""
        removal = ImageRemoval(
            images=self.known,
            models=self.store,
            pipelines=self.store,
            registry_of=lambda _: self._shop.registry,
            events=self.events,
        )
        await removal.remove_unneeded(self.leading)


FIRST, SECOND = Model(3000), Model(4000, b"n")


@pytest.fixture
async def depot(shop: Shop, nats_broker: Broker) -> Depot:
    made = Depot(shop, nats_broker, Store(FIRST, SECOND))
    await made.known.create()
    return made


async def test_an_image_goes_with_the_last_version_that_has_one_of_its_files(depot: Depot) -> None:
    both, one, other = [await depot.push(*each) for each in ((FIRST, SECOND), (FIRST,), (SECOND,))]
    await depot.remove()
    assert await depot.noted() == sorted([both, one, other])
    depot.store.models.remove(SECOND)
    await depot.remove()
    assert [await depot.is_there(tag) for tag in (both, one, other)] == [False, True, False]
    assert await depot.noted() == [one]


async def test_what_is_shared_by_two_versions_stays_while_one_of_them_does(depot: Depot) -> None:
    tag = await depot.push(FIRST)
    again = Model(3000)
    assert again.digest == FIRST.digest
    depot.store.models = [again]
    await depot.remove()
    assert await depot.is_there(tag)


async def test_an_image_that_was_never_pushed_is_forgotten(depot: Depot) -> None:
    await depot.known.note(known_image(NAME, "models-0123", ["0123"], ["street"]))
    await depot.remove()
    assert await depot.noted() == []


async def test_an_image_that_is_written_down_meanwhile_is_not_forgotten(depot: Depot) -> None:
    await depot.push(FIRST)
    (read,) = await depot.known.all()
    await depot.known.note(read)
    await depot.known.forget(read)
    assert await depot.noted() == [read.tag]


class Killed(BaseException):
    """The master is gone."""


def kills(what: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """The master dies once, before or after it has done this."""
    left = 1

    async def killed(*arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0 and before:
            raise Killed
        found = await what(*arguments)
        if left >= 0:
            raise Killed
        return found

    return killed


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("owner", "step"),
    [(Registry, "digest_of"), (Registry, "delete_manifest"), (KnownImages, "forget")],
)
async def test_the_next_leader_ends_where_one_was_killed(
    depot: Depot,
    owner: type,
    step: str,
    before: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tags = [await depot.push(FIRST), await depot.push(SECOND)]
    depot.store.models = []
    monkeypatch.setattr(owner, step, kills(getattr(owner, step), before=before))
    with pytest.raises(Killed):
        await depot.remove()
    await depot.remove()
    assert not any([await depot.is_there(tag) for tag in tags])
    assert await depot.noted() == []


async def test_one_that_leads_no_more_removes_nothing(depot: Depot) -> None:
    tag = await depot.push(FIRST)
    depot.store.models = []
    depot.leading.certain = False
    await depot.remove()
    assert await depot.is_there(tag)


@pytest.fixture
async def stubborn(tmp_path: Path, nats_broker: Broker) -> AsyncIterator[Depot]:
    """A registry that deletes nothing."""
    with running_registry(tmp_path / "registry", deletes=False) as process:
        async with open_shop(process) as shop:
            made = Depot(shop, nats_broker, Store(FIRST))
            await made.known.create()
            yield made


async def test_a_registry_that_deletes_nothing_is_told_to_the_pipelines_that_are_there(
    stubborn: Depot,
) -> None:
    tag = await stubborn.push(FIRST)
    stubborn.store.models = []
    with pytest.raises(DeletionDisabled, match="removes no images: start it with"):
        await stubborn.remove()
    ((pipeline, line),) = stubborn.events.of(EventKind.IMAGE_LEFT)
    assert pipeline == "street"
    assert line.startswith("sha256:")
    assert "whose model was deleted, stays in the registry: the registry http://127" in line
    assert "REGISTRY_STORAGE_DELETE_ENABLED=true" in line
    assert await stubborn.noted() == [tag]
