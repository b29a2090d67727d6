import asyncio
import time

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.leases.lease_member import TTL_SECONDS, LeaseEntry, LeaseTerm
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.leases.lease_bucket import STREAM, LeaseBucket, LeaseConflict


def term(shard: int, sequence: int) -> LeaseTerm:
    return LeaseTerm(shard, sequence, sequence, certain_until=0)


async def test_of_many_who_lease_a_shard_one_gets_it(bucket: LeaseBucket) -> None:
    taking = [bucket.take(3, f"w{at}") for at in range(10)]
    answers = await asyncio.gather(*taking, return_exceptions=True)
    (sequence,) = [answer for answer in answers if isinstance(answer, int)]
    assert sum(isinstance(answer, LeaseConflict) for answer in answers) == 9
    entry = await bucket.get(3)
    assert entry is not None
    assert entry.epoch == entry.sequence == sequence


async def test_a_lease_that_is_not_renewed_expires_after_its_ttl_and_not_before(
    bucket: LeaseBucket,
) -> None:
    await bucket.announce("a")
    kept, left = term(0, await bucket.take(0, "a")), term(1, await bucket.take(1, "a"))
    taken_at = time.monotonic()
    while 1 in (await bucket.snapshot()).entries:
        kept.sequence = await bucket.renew(kept, "a")
        await asyncio.sleep(0.05)
    assert TTL_SECONDS - 0.1 < time.monotonic() - taken_at < TTL_SECONDS + 0.5
    seen = await bucket.snapshot()
    assert seen.members == {}
    assert seen.entries == {0: LeaseEntry("a", kept.epoch, kept.sequence)}
    with pytest.raises(LeaseConflict):
        await bucket.renew(left, "a")
    assert await bucket.take(1, "b") > left.epoch


async def test_a_renewal_with_an_old_sequence_number_is_refused(bucket: LeaseBucket) -> None:
    first = await bucket.take(0, "a")
    second = await bucket.renew(term(0, first), "a")
    with pytest.raises(LeaseConflict):
        await bucket.renew(term(0, first), "a")
    assert await bucket.get(0) == LeaseEntry("a", first, second)


async def test_a_deleted_shard_is_free_at_once(bucket: LeaseBucket) -> None:
    for _ in range(3):
        await bucket.delete(await bucket.take(0, "a"))
    assert await bucket.get(0) is None


async def test_a_late_deletion_leaves_the_next_holder_alone(bucket: LeaseBucket) -> None:
    first = await bucket.take(0, "a")
    await bucket.delete(first)
    second = await bucket.take(0, "b")
    await bucket.delete(first)
    assert await bucket.get(0) == LeaseEntry("b", second, second)


async def test_a_member_that_withdraws_is_not_listed_any_more(bucket: LeaseBucket) -> None:
    await bucket.announce("a")
    await bucket.announce("b")
    await bucket.withdraw("a")
    assert (await bucket.snapshot()).members.keys() == {"b"}


async def test_generations_do_not_see_each_other(bucket: LeaseBucket, nats_broker: Broker) -> None:
    other = LeaseBucket(nats_broker, "street", 11, 1, SystemClock())
    await bucket.announce("a")
    await bucket.take(0, "a")
    await other.take(0, "b")
    assert (await other.snapshot()).members == {}
    assert {entry.member for entry in (await other.snapshot()).entries.values()} == {"b"}


async def test_many_may_create_the_bucket_at_once(nats_broker: Broker) -> None:
    makers = [LeaseBucket(nats_broker, "street", 1, 1, SystemClock()) for _ in range(5)]
    await asyncio.gather(*(maker.ensure() for maker in makers))
    await makers[0].take(0, "a")
    await makers[1].ensure()
    assert await makers[2].get(0) is not None, "whoever comes later changes nothing"


async def test_epochs_rise_even_where_somebody_deletes_the_bucket(
    bucket: LeaseBucket, nats_broker: Broker
) -> None:
    before = await bucket.take(0, "a")
    for _ in range(100):
        before = await bucket.renew(term(0, before), "a")
    await nats_broker.request(f"$JS.API.STREAM.DELETE.{STREAM}", {})
    with pytest.raises(BrokerUnavailable):
        await bucket.snapshot()
    await bucket.ensure()
    assert await bucket.take(0, "a") > before


async def test_a_whole_pipeline_of_the_largest_size_is_in_one_snapshot(
    bucket: LeaseBucket,
) -> None:
    for first in range(0, 1024, 32):
        await asyncio.gather(*(bucket.take(shard, "a") for shard in range(first, first + 32)))
    assert (await bucket.snapshot()).entries.keys() == set(range(1024))
