"""The `framemesh` command."""

import logging
import os
import signal

# gRPC's core prints every refused connection; ours is one clear line. Read when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

INTERRUPTED = 130
"""The exit status of a program that Ctrl-C ended, as shells have it."""

# An import that is interrupted may swallow the interruption, and nothing is to be undone yet.
signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))

from framemesh.cli.app import app  # noqa: E402

signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    # `push` tells of rejected frames itself, once for all its cameras.
    logging.getLogger("framemesh.sdk.session.rejections").setLevel(logging.ERROR)
    app(prog_name="framemesh")


if __name__ == "__main__":
    main()
