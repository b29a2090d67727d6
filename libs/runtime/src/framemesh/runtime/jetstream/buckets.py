"""The keys of a key-value bucket of JetStream."""

from framemesh.runtime.jetstream.broker import Broker, BrokerUnavailable

NO_SUCH_STREAM = 10059


async def bucket_keys(broker: Broker, bucket: str) -> list[str]:
    """The keys of a bucket, sorted; one that was deleted with a marker counts as a key.

    One question to the stream under the bucket. The `keys` of nats-py makes a consumer each time,
    waits without a limit when the broker goes away meanwhile, and takes silence for "no keys".

    Raises:
        BrokerUnavailable: no answer in time, or the bucket is not there yet.
    """
    prefix = f"$KV.{bucket}."
    answer = await broker.request(
        f"$JS.API.STREAM.INFO.KV_{bucket}", {"subjects_filter": f"{prefix}>"}
    )
    if error := answer.get("error"):
        if error.get("err_code") == NO_SUCH_STREAM:
            raise BrokerUnavailable("the master has not set up its storage yet")
        raise BrokerUnavailable(f"cannot list bucket {bucket}: {error.get('description')}")
    subjects = answer["state"].get("subjects") or {}
    return sorted(subject.removeprefix(prefix) for subject in subjects)
