"""What is tested against more than one implementation."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bench.kafka_twin.installed import why_missing
from tests.contract.planes import ALL, QUEUE, MemoryWorld, World, jetstream_world
from tests.contract.real_swarm import NoDocker, RealSwarm
from tests.registry import running_registry

if why_missing() is None:
    from bench.kafka_twin.server import KafkaServer
    from tests.contract.kafka_world import NOT_ON_KAFKA, kafka_world, shared_kafka

    KAFKA = ["kafka"]
else:
    KAFKA = []


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[KafkaServer]":
    """A server for all tests, where `make kafka` was run."""
    with shared_kafka(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture(params=["memory", "jetstream", *KAFKA])
def implementation(request: pytest.FixtureRequest) -> "str | KafkaServer":
    """The name of one; of Kafka its server, which cannot be started on a loop that runs."""
    name: str = request.param
    if name != "kafka":
        return name
    if why := NOT_ON_KAFKA.get(request.node.originalname):
        request.applymarker(pytest.mark.xfail(reason=why, strict=True))
    server: KafkaServer = request.getfixturevalue("kafka")
    return server


@pytest.fixture
async def world(implementation: "str | KafkaServer", tmp_path: Path) -> AsyncIterator[World]:
    """A data plane with the stream QUEUE and its consumer ALL."""
    if implementation == "memory":
        memory = MemoryWorld()
        await memory.provision(QUEUE, ALL)
        yield memory
        return
    if not isinstance(implementation, str):
        async with kafka_world(implementation) as twin:
            await twin.provision(QUEUE, ALL)
            yield twin
        return
    async with jetstream_world(tmp_path) as found:
        await found.provision(QUEUE, ALL)
        yield found


@pytest.fixture(scope="session")
def real_swarm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSwarm]:
    """A manager that takes no workers, and the nodes `east` and `west`, which take none yet."""
    folder = tmp_path_factory.mktemp("swarm")
    with running_registry(folder, listen="0.0.0.0") as registry:  # noqa: S104  the nodes pull
        try:
            swarm = RealSwarm(folder, registry.address)
        except NoDocker as error:
            pytest.skip(str(error))
        try:
            swarm.up()
            yield swarm
        finally:
            swarm.down()
