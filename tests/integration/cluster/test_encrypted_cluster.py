"""Three servers that show certificates to one another and to their clients."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.tls.files import TlsFiles
from tests.certificates import Certificates
from tests.integration.cluster.cluster import SIZE, Cluster, until_answered
from tests.integration.cluster.conftest import STORE_MAX_BYTES

# Certificates are forced to disk, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)

STREAM = {"name": "copies", "subjects": ["copies"], "num_replicas": SIZE, "max_bytes": 1024**2}
ELECTION_SECONDS = 30.0


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates.create(tmp_path / "certs")


@pytest.fixture
async def encrypted(tmp_path: Path, certificates: Certificates) -> AsyncIterator[Cluster]:
    tls: dict[str, TlsFiles] = {}
    for at in range(SIZE):
        tls[f"nats-{at}"] = certificates.server(f"nats-{at}")
    cluster = Cluster(tmp_path, STORE_MAX_BYTES, tls)
    try:
        for name in cluster.members:
            await cluster.start(name)
        await cluster.until_healthy()
        yield cluster
    finally:
        await cluster.close()


@pytest.mark.slow
async def test_what_one_server_stores_survives_it_on_the_others(
    encrypted: Cluster, certificates: Certificates
) -> None:
    options = ConnectOptions(tls=replace(certificates.client(), name="framemesh"))
    async with broker(encrypted.url, "test", options) as found:
        made = await found.request(f"$JS.API.STREAM.CREATE.{STREAM['name']}", STREAM)
        assert "error" not in made
        await found.call("copies", b"a frame")
        await encrypted.kill(made["cluster"]["leader"])

        async with asyncio.timeout(ELECTION_SECONDS):
            info = await until_answered(
                lambda: found.query(f"$JS.API.STREAM.INFO.{STREAM['name']}", {})
            )
        assert info["state"]["messages"] == 1
