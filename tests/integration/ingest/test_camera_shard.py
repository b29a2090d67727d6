"""The shard of a camera, as nats-server would choose it."""

import random

from framemesh.core.pipeline.sharding import camera_shard
from framemesh.runtime.jetstream.connection.broker import Broker

SHARDS = 12
NAMES = 300
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


async def test_it_is_what_the_servers_partition_mapping_gives(nats_broker: Broker) -> None:
    chance = random.Random(5)  # noqa: S311
    names = {"".join(chance.choices(LETTERS, k=chance.randint(1, 64))) for _ in range(NAMES)}
    mapping = {"src": "camera.*", "dest": f"{{{{partition({SHARDS},1)}}}}.{{{{wildcard(1)}}}}"}
    created = await nats_broker.request(
        "$JS.API.STREAM.CREATE.MAPPED",
        {"name": "MAPPED", "subjects": ["camera.*"], "subject_transform": mapping},
    )
    assert "error" not in created
    for name in names:
        await nats_broker.client.jetstream().publish(f"camera.{name}", b"")
    state = {"subjects_filter": ">"}
    info = await nats_broker.request("$JS.API.STREAM.INFO.MAPPED", state)
    mapped = dict(reversed(subject.split(".")) for subject in info["state"]["subjects"])
    assert mapped == {name: str(camera_shard(name, SHARDS)) for name in names}
