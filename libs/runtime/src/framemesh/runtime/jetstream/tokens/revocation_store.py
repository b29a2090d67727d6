"""The tokens that were revoked, in a key-value bucket of JetStream, by number.

An entry is there until its token has expired. It is never taken back: who is to be let in again
gets a new token.
"""

import json
from dataclasses import dataclass

from framemesh.core.clock import NANO, Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.identity.claims import LEEWAY_SECONDS, check_token_id
from framemesh.core.identity.revoked import MAX_REVOKED
from framemesh.core.identity.roles import MAX_LIFE_SECONDS
from framemesh.runtime.jetstream.api.errors import StoreFailed, retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages.subjects import REVOKED_BUCKET

BUCKET_BYTES = 4 * 1024 * 1024
"""Some 200 bytes an entry: MAX_REVOKED."""


@dataclass(frozen=True, slots=True)
class RevokedToken:
    """Times are seconds since the Unix epoch."""

    id: str
    expires: int
    """Of the token: from then on nobody takes it anyway."""
    revoked: int
    """0: not known."""


def revoked_from_payload(token_id: str, payload: bytes) -> RevokedToken:
    """An entry; one that cannot be read stands for the longest life, as its token is revoked."""
    try:
        value = json.loads(payload)
        return RevokedToken(token_id, int(value["exp"]), int(value["at"]))
    except (ValueError, KeyError, TypeError):
        return RevokedToken(token_id, 2**40, 0)


class TooManyRevoked(FramemeshError):
    """The bucket is full."""

    code = Code.EXHAUSTED


class RevocationStore:
    """Reads and writes the bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._bucket = KeyValueBucket(broker, REVOKED_BUCKET)
        self._clock = clock

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def revoke(self, token_id: str, expires: int) -> RevokedToken | None:
        """Revoke a token, once or again; None: it has expired, so that nothing is to be done.

        Args:
            expires: of the token, in seconds since the Unix epoch; 0: not known.

        Raises:
            InvalidName: it is no number of a token.
            TooManyRevoked: there is no room for it.
        """
        check_token_id(token_id)
        now = self._clock.unix_nano() // NANO
        latest = now + MAX_LIFE_SECONDS
        end = min(expires, latest) if expires else latest
        if end + LEEWAY_SECONDS < now:
            return None
        # A little longer than anybody takes the token.
        seconds = end - now + 2 * LEEWAY_SECONDS
        value = json.dumps({"exp": end, "at": now}).encode()
        with retryable("cannot revoke the token"):
            try:
                await self._bucket.put_for(token_id, value, seconds)
            except StoreFailed as error:
                if error.of_stream:
                    raise TooManyRevoked(
                        f"{MAX_REVOKED} tokens are revoked already: take away the key that issued "
                        "them"
                    ) from error
                raise
        return RevokedToken(token_id, end, now)

    async def list(self) -> list[RevokedToken]:
        """All that are revoked and would not have expired, by number."""
        entries = [(key, await self._bucket.get(key)) for key in await self._bucket.keys()]
        return [revoked_from_payload(key, entry.value) for key, entry in entries if entry]
