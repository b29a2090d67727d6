"""Placement and limits of a pipeline's buffer in a cluster."""

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ByteSize

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.master.fleet.cordons import Cordons
from framemesh.master.history.event_log import EventLog
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.transfers import Transfers
from framemesh.master.packaging.known_images import KnownImages
from framemesh.master.pipelines.buffer import STATE, BufferProvisioner
from framemesh.master.pipelines.change_journal import ChangeJournal
from framemesh.master.pipelines.stream_provisioning import BufferRefused, StorageMissing
from framemesh.master.scaling.scaling_store import ScalingStore
from framemesh.master.shadows.shadow_store import ShadowStore
from framemesh.monitor.projection.checkpoint_store import CheckpointStore
from framemesh.runtime.jetstream.api.key_value import bucket_stream
from framemesh.runtime.jetstream.api.replicas import replicas_of
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.jetstream.sinks.sink_states import SinkStates
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.jetstream.worker_speeds import WorkerSpeeds
from framemesh.runtime.messages.subjects import PIPELINES_BUCKET
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.cluster.cluster import (
    Cluster,
    followers,
    leader,
    until_answered,
)

MIB = 1024**2
GIB = 1024 * MIB


async def provision(
    connected: Broker, *, streams: int = 1, replicas: int = 1, max_bytes: int = 64 * MIB
) -> list[str]:
    """Make a buffer; returns the names of its streams of frames."""
    buffer = BufferSpec(
        streams=streams, shards=1, replicas=replicas, max_bytes=ByteSize(max_bytes * streams)
    )
    spec = PipelineSpec("street", (StageSpec("people", "person"),), buffer)
    provisioner = BufferProvisioner(connected)
    await until_answered(lambda: provisioner.provision(spec, Generation.of(1, spec)))
    return [f"FRAMES-street-1-{index}" for index in range(streams)]


async def test_more_replicas_than_servers_are_refused_by_name(
    cluster: Cluster, ingest: Broker
) -> None:
    with pytest.raises(BufferRefused, match=r"^buffer\.replicas: no suitable peers") as refused:
        await provision(ingest, replicas=5)
    assert str(refused.value).endswith("ask for fewer than 5, or see that as many nats-servers run")


async def test_replicas_on_a_single_server_are_refused_by_name(nats_broker: Broker) -> None:
    with pytest.raises(BufferRefused, match=r"^buffer\.replicas: replicas > 1 not supported"):
        await provision(nats_broker, replicas=3)


@pytest.mark.parametrize("replicas", [1, 3])
async def test_more_bytes_than_a_server_can_hold_are_refused_by_name(
    cluster: Cluster, ingest: Broker, replicas: int
) -> None:
    with pytest.raises(StorageMissing, match=r"^buffer\.max_bytes: the broker has no room for"):
        await provision(ingest, replicas=replicas, max_bytes=64 * GIB)


async def test_more_bytes_than_a_single_server_can_hold_are_refused_by_name(
    nats_broker: Broker,
) -> None:
    with pytest.raises(StorageMissing, match=r"^buffer\.max_bytes: the broker has no room for"):
        await provision(nats_broker, max_bytes=64 * GIB)


async def test_streams_without_replicas_are_spread_over_all_servers(
    cluster: Cluster, ingest: Broker
) -> None:
    streams = await provision(ingest, streams=6)
    places = [await leader(ingest, stream) for stream in streams]
    assert Counter(places) == dict.fromkeys(cluster.members, 2)
    # Existing streams stay in place; a stream without space on its server goes to another one.
    assert await provision(ingest, streams=6) == streams
    assert [await leader(ingest, stream) for stream in streams] == places


async def test_replicas_are_on_all_servers(cluster: Cluster, ingest: Broker) -> None:
    for stream in await provision(ingest, streams=2, replicas=3):
        places = {await leader(ingest, stream), *await followers(ingest, stream)}
        assert places == set(cluster.members)


async def test_what_is_kept_for_a_pipeline_outlives_as_many_servers_as_its_frames(
    cluster: Cluster, ingest: Broker
) -> None:
    store, models, checkpoints = (
        PipelineStore(ingest),
        ModelCatalog(ingest, Transfers()),
        CheckpointStore(ingest),
    )
    events, learned = EventLog(ingest, SystemClock()), ScalingStore(ingest)
    revisions = RevisionStore(ingest)
    journal = ChangeJournal(ingest)
    buckets = (
        *(store, journal, revisions, models, checkpoints, events, learned),
        *(Cordons(ingest), ShadowStore(ingest), WorkerSpeeds(ingest), KnownImages(ingest)),
        *(SinkStore(ingest), SinkStates(ingest)),
    )
    for bucket in buckets:
        await until_answered(bucket.create)
    await store.put(PipelineSpec("street", (StageSpec("people", "person"),)))
    await checkpoints.save("street", b"so far", 0)
    assert {await replicas_of(ingest, stream) for stream in STATE} == {1}

    await provision(ingest, replicas=3)
    await store.put(PipelineSpec("street", (StageSpec("people", "person"),)))
    # Later pipelines do not lower the number of replicas, and nor does a service that starts.
    await provision(ingest, replicas=1)
    for bucket in buckets:
        await bucket.create()
    assert {await replicas_of(ingest, stream) for stream in STATE} == {3}

    await cluster.kill(await leader(ingest, bucket_stream(PIPELINES_BUCKET)))
    assert (await until_answered(lambda: store.get("street"))).spec.name == "street"
    assert (await until_answered(lambda: checkpoints.load("street"))).payload == b"so far"
    assert await until_answered(models.list) == []


async def test_streams_of_a_single_server_need_no_place(tmp_path: Path, nats: NatsServer) -> None:
    async with (
        running_nats_server(nats, tmp_path / "nats.log"),
        broker(nats.url, "test") as connected,
    ):
        assert len(await provision(connected, streams=2)) == 2
