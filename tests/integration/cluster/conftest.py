"""A cluster of three real servers, and two connections to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker, broker
from tests.integration.cluster.cluster import Cluster, running_cluster

STORE_MAX_BYTES = 4 * 1024**3
"""Of each server. Only what a test stores is written."""


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with running_cluster(tmp_path, STORE_MAX_BYTES) as running:
        yield running


@pytest.fixture
async def ingest(cluster: Cluster) -> AsyncIterator[Broker]:
    """The connection of publishers."""
    async with broker(cluster.url, "ingest") as connected:
        yield connected


@pytest.fixture
async def worker(cluster: Cluster) -> AsyncIterator[Broker]:
    """The connection of consumers."""
    async with broker(cluster.url, "worker") as connected:
        yield connected
