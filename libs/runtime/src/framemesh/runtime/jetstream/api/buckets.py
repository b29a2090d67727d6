"""Key-value buckets of JetStream: making them, their keys, their replicas."""

import asyncio
from collections.abc import Iterable

import nats.errors
from nats.js.api import KeyValueConfig

from framemesh.runtime.jetstream.api.error_codes import NO_SUCH_STREAM, error_code
from framemesh.runtime.jetstream.api.stream_info import stream_info
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.connection.cancellation import preserve_cancellation

COPY_SECONDS = 15.0
"""For the new replicas of a bucket, which is small; two elections take no longer."""

POLL_SECONDS = 0.1


async def bucket_keys(broker: Broker, bucket: str) -> list[str]:
    """The keys of a bucket, sorted; one that was deleted with a marker counts as a key.

    One question to the stream under the bucket. The `keys` of nats-py makes a consumer each time,
    waits without a limit when the broker goes away meanwhile, and takes silence for "no keys".

    Raises:
        BrokerUnavailable: no answer in time, or the bucket is not there yet.
    """
    prefix = f"$KV.{bucket}."
    answer = await broker.ask(
        f"$JS.API.STREAM.INFO.{bucket_stream(bucket)}", {"subjects_filter": f"{prefix}>"}
    )
    if error := answer.get("error"):
        if error_code(answer) == NO_SUCH_STREAM:
            raise BrokerUnavailable(f"bucket {bucket} is not there yet: master or monitor makes it")
        raise BrokerUnavailable(f"cannot list bucket {bucket}: {error.get('description')}")
    subjects = answer["state"].get("subjects") or {}
    return sorted(subject.removeprefix(prefix) for subject in subjects)


def bucket_stream(bucket: str) -> str:
    """The stream under a bucket."""
    return f"KV_{bucket}"


async def ensure_bucket(broker: Broker, bucket: str, max_bytes: int, replicas: int = 1) -> None:
    """Make a bucket; one that is there stays as it is, whatever its replicas.

    Raises:
        BrokerUnavailable: the broker does not answer in time, or cannot.
    """
    if await replicas_of(broker, bucket_stream(bucket)):
        return
    config = KeyValueConfig(bucket, max_bytes=max_bytes, replicas=replicas)
    try:
        with preserve_cancellation():
            await broker.jetstream.create_key_value(config)
    except (nats.errors.Error, TimeoutError) as error:
        raise BrokerUnavailable(f"cannot make bucket {bucket}: {error}") from error


async def replicas_of(broker: Broker, stream: str) -> int:
    """How many a stream has; 0 where there is no such stream.

    Raises:
        BrokerUnavailable: the broker does not answer in time, or cannot.
    """
    info = await stream_info(broker, stream)
    return int(info["config"]["num_replicas"]) if info else 0


async def raise_replicas(broker: Broker, streams: Iterable[str], replicas: int) -> None:
    """Give each stream that is there this many replicas, unless it has as many, and return when the
    new ones have all of it: until then it may have no leader.

    Raises:
        BrokerUnavailable: the broker does not answer in time, or cannot.
    """
    raised = [stream for stream in streams if await _raised(broker, stream, replicas)]
    try:
        async with asyncio.timeout(COPY_SECONDS):
            for stream in raised:
                while not await _replicated(broker, stream, replicas):  # noqa: ASYNC110
                    await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise BrokerUnavailable(f"{stream} is still being copied to {replicas} servers") from error


async def _raised(broker: Broker, stream: str, replicas: int) -> bool:
    """Ask for them; False where there was no need."""
    info = await stream_info(broker, stream)
    if info is None or info["config"]["num_replicas"] >= replicas:
        return False
    more = {**info["config"], "num_replicas": replicas}
    answer = await broker.request(f"$JS.API.STREAM.UPDATE.{stream}", more)
    if error := answer.get("error"):
        raise BrokerUnavailable(f"{stream}: {error.get('description')}")
    return True


async def _replicated(broker: Broker, stream: str, replicas: int) -> bool:
    try:
        info = await stream_info(broker, stream)
    except BrokerUnavailable:
        return False
    place = (info or {}).get("cluster", {})
    current = [peer["name"] for peer in place.get("replicas", []) if peer["current"]]
    return "leader" in place and len(current) >= replicas - 1
