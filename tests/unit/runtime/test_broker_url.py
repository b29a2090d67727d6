import pytest

from framemesh.runtime.jetstream.connection.broker import Broker


@pytest.mark.parametrize(
    "url",
    ["nats://h:1,nats://g:2", "nats://me:se@h:1,nats://me:x@g:2", "nats://me:s/c@h:1,nats://g:2"],
)
async def test_what_is_shown_of_a_broker_has_no_password(url: str) -> None:
    assert Broker(url).url == "nats://h:1,nats://g:2"
