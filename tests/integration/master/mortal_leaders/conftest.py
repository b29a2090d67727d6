import pytest

from framemesh.runtime.jetstream.api import servers
from tests.integration.master.conftest import Master, manifest
from tests.integration.services.running import master


@pytest.fixture
async def url(nats_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a nats-server that has two versions of a model."""
    # There is one server, and it is asked hundreds of times.
    monkeypatch.setattr(servers, "ANSWER_SECONDS", 0.0)
    async with master(nats_url) as channel:
        for labels in (["person"], ["human"]):
            await Master(channel).register(manifest(labels=labels))
    return nats_url
