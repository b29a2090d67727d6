"""Running a command that cleans up when it is interrupted."""

import asyncio
import signal
from collections.abc import Coroutine

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, SIGTERM, and a terminal that was closed."""


class Interrupted(Exception):
    """A signal ended the command."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number
        """The exit status by convention: 128 and the number of the signal."""


def run_interruptible(work: Coroutine[None, None, None]) -> None:
    """Run `work`; each signal cancels it.

    A signal takes effect only where `work` awaits, so code between two awaits is never interrupted.
    A second signal cancels the clean-up after the first.

    Raises:
        Interrupted: a signal ended it.
    """
    received: list[int] = []

    async def main() -> None:
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()

        def cancel(number: int) -> None:
            received.append(number)
            if task is not None:
                task.cancel()

        for number in SIGNALS:
            loop.add_signal_handler(number, cancel, number)
        await work

    try:
        asyncio.run(main())
    except asyncio.CancelledError as error:
        if not received:
            raise
        raise Interrupted(received[0]) from error
