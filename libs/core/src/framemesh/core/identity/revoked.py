"""The tokens that were revoked and would not have expired yet."""

import heapq

from framemesh.core.identity.claims import LEEWAY_SECONDS


class RevokedTokens:
    """Their numbers, each until its token has expired: so it is bounded by what is revoked in the
    life of a token, which the bucket of the broker bounds (`MAX_REVOKED`)."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._by_end: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, token_id: str) -> bool:
        return token_id in self._ids

    def add(self, token_id: str, expires: int) -> None:
        """`expires`: of the token, in seconds since the Unix epoch."""
        if token_id not in self._ids:
            self._ids.add(token_id)
            heapq.heappush(self._by_end, (expires, token_id))

    def forget_expired(self, now: float) -> None:
        while self._by_end and self._by_end[0][0] + LEEWAY_SECONDS < now:
            self._ids.discard(heapq.heappop(self._by_end)[1])


MAX_REVOKED = 20_000
"""At once: a bucket of 4 MiB has room for so many. More are refused, with the advice to retire the
key that issued them."""
