"""The `framemesh` command."""

import logging
import os

# gRPC's core prints every refused connection; ours is one clear line. Read when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from framemesh.cli.app import app


def main() -> None:
    # `push` tells of rejected frames itself, once for all its cameras.
    logging.getLogger("framemesh.sdk.rejections").setLevel(logging.ERROR)
    app(prog_name="framemesh")


if __name__ == "__main__":
    main()
