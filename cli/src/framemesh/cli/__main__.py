"""The `framemesh` command."""

import logging
import os
import signal
import sys
from typing import NoReturn

# gRPC's core prints every refused connection; ours is one clear line. Read when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

INTERRUPTED = 130
"""The exit status of a program that Ctrl-C ended, as shells have it."""

# An import that is interrupted may swallow the interruption, and nothing is to be undone yet.
signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))

from framemesh.cli.app import app  # noqa: E402
from framemesh.cli.common.daemon_thread import still_running  # noqa: E402
from framemesh.cli.common.output import OutputFailed, guarded_output  # noqa: E402

signal.signal(signal.SIGINT, signal.default_int_handler)


def _terminated(number: int, _: object) -> None:
    """SIGTERM unwinds a command as Ctrl-C does, so that it says what it did."""
    sys.exit(128 + number)


def main() -> None:
    signal.signal(signal.SIGTERM, _terminated)
    # `push` reports rejected frames itself, once for all its cameras.
    logging.getLogger("framemesh.sdk.session.rejections").setLevel(logging.ERROR)
    try:
        with guarded_output():
            app(prog_name="framemesh")
    except OutputFailed as error:
        # Of `--help`, which is printed before a command is invoked.
        sys.exit(f"error: {error}")
    except SystemExit as end:
        if still_running():
            _end_now(end.code)
        raise


def _end_now(status: str | int | None) -> NoReturn:
    """Python ends a thread that comes back while it shuts down; in OpenCV that aborts the process.
    All that was printed is written already."""
    if isinstance(status, str):
        sys.stderr.write(f"{status}\n")
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    main()
