"""`python -m framemesh.runtime.rpc.probe host:port FILE`: the health check of a container.

A container has one check for two questions. It is ready when its server first says that it serves,
and replacements wait for that. From then on it is well for as long as the server answers at all:
one that says it does not serve waits for another service, and to kill it would help nobody. FILE is
made when it first serves, on a file system that ends with the container.
"""

import os
import sys
from typing import TYPE_CHECKING

from framemesh.runtime.processes.health import Health
from framemesh.runtime.rpc.health_call import health_of

if TYPE_CHECKING:
    import ssl

ANSWER_SECONDS = 3.0
"""For one check: docker gives it 5 s, of which Python needs some to start on a busy machine."""


def is_well(health: Health, served: str) -> bool:
    """Whether a container whose server answered like this is to be left alone.

    Args:
        served: a file that is there when the server has served before; made when it does.
    """
    # Without pathlib: to import it is a fifth of what a check costs.
    if health is Health.SERVING:
        os.close(os.open(served, os.O_CREAT, 0o600))
    return health is not Health.UNANSWERED and os.path.exists(served)  # noqa: PTH110


def own_context() -> "ssl.SSLContext | None":
    """With the certificate of this container, for its own server; None: it does not encrypt.

    The name of the server is not looked at: it is reached by an address of this container alone.
    """
    if not (ca := os.environ.get("FRAMEMESH_TLS_CA")):
        return None
    # Not where nothing is encrypted: it takes milliseconds of every check.
    from framemesh.tls.contexts import client_context  # noqa: PLC0415
    from framemesh.tls.files import TlsFiles  # noqa: PLC0415

    environment = os.environ
    context = client_context(
        TlsFiles(ca, environment.get("FRAMEMESH_TLS_CERT"), environment.get("FRAMEMESH_TLS_KEY"))
    )
    context.check_hostname = False
    context.set_alpn_protocols(["h2"])
    return context


if __name__ == "__main__":
    answer = health_of(sys.argv[1], ANSWER_SECONDS, own_context())
    sys.exit(not is_well(answer, sys.argv[2]))
