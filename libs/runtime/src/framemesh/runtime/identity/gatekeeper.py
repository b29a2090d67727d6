"""Says who calls a server, and ends calls whose token no longer counts."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from framemesh.core.clock import NANO, Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.identity.claims import Claims
from framemesh.core.identity.errors import Unauthenticated
from framemesh.core.identity.revoked import RevokedTokens
from framemesh.runtime.identity.keys import KeyRing
from framemesh.runtime.identity.tokens import TokenReader
from framemesh.runtime.logs import get_logger

log = get_logger()

CHECK_SECONDS = 1.0
"""Between two checks of the calls in progress: a token that is revoked ends them within 5 s, of
which the broker takes some, and one whose time is over likewise."""


READY_SECONDS = 3.0
"""For a process that starts to read what was revoked, which takes milliseconds; the master makes
the bucket at the first start of a mesh."""


class RevocationsUnknown(FramemeshError):
    """Nobody said yet which tokens were revoked."""

    code = Code.UNAVAILABLE


class Ended:
    """Of a call in progress: why its token counts no more."""

    def __init__(self, token: str, method: str) -> None:
        self.token = token
        self.method = method
        self._why: asyncio.Future[Unauthenticated] = asyncio.get_running_loop().create_future()

    def end(self, why: Unauthenticated) -> None:
        if not self._why.done():
            self._why.set_result(why)

    async def wait(self) -> NoReturn:
        """Run beside the call.

        Raises:
            Unauthenticated: its token counts no more.
        """
        raise await self._why


class Gatekeeper:
    """One for all servers of a process."""

    def __init__(self, ring: KeyRing, clock: Clock) -> None:
        self._reader = TokenReader(ring)
        self._clock = clock
        self._calls: set[Ended] = set()
        self.revoked = RevokedTokens()
        self._known = asyncio.Event()
        self.refusals: Counter[Code] = Counter()

    def learned(self) -> None:
        """All that were revoked so far are in `revoked`: from now on tokens count."""
        self._known.set()

    async def ready(self) -> None:
        """Wait until tokens count, a moment at most: while a process starts, callers need not be
        sent away."""
        if not self._known.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_SECONDS):
                    await self._known.wait()

    @property
    def calls(self) -> int:
        """In progress."""
        return len(self._calls)

    def identify(self, token: str, *, revocations: bool = True) -> Claims:
        """The claims of a token that counts now.

        Args:
            revocations: whether all that were revoked have to be known.

        Raises:
            Unauthenticated: it does not; the message says why, and has no part of it.
            RevocationsUnknown: the broker has not said yet which were revoked.
        """
        claims = self._reader.read(token)
        claims.check_time(self._clock.unix_nano() / NANO)
        if claims.id in self.revoked:
            raise Unauthenticated("the token was revoked: get a new one")
        if revocations and not self._known.is_set():
            raise RevocationsUnknown("it is not known yet which tokens were revoked: call again")
        return claims

    def tell_refusal(self, error: FramemeshError, method: str, peer: str = "") -> None:
        """Log and count it."""
        self.refusals[error.code] += 1
        log.warning("call refused", method=method, why=str(error), peer=peer)

    @contextmanager
    def in_progress(self, token: str, method: str) -> Iterator[Ended]:
        """While a call goes on."""
        ended = Ended(token, method)
        self._calls.add(ended)
        try:
            yield ended
        finally:
            self._calls.discard(ended)

    async def run(self) -> NoReturn:
        """End calls until cancelled."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self.check_calls()

    def check_calls(self) -> None:
        """End those whose token counts no more."""
        self.revoked.forget_expired(self._clock.unix_nano() / NANO)
        verdicts: dict[str, Unauthenticated | None] = {}
        for call in list(self._calls):
            if call.token not in verdicts:
                verdicts[call.token] = self._verdict(call.token)
            if (why := verdicts[call.token]) is not None:
                call.end(why)
                self.tell_refusal(why, call.method)

    def _verdict(self, token: str) -> Unauthenticated | None:
        try:
            self.identify(token, revocations=False)
        except Unauthenticated as error:
            return error
        return None
