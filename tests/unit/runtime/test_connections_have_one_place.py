"""Each kind of connection and port is made in one file, which ConnectOptions reach."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
RUNTIME = "libs/runtime/src/framemesh/runtime"

MAKES = re.compile(
    r"insecure_channel|secure_channel|add_insecure_port|add_secure_port|nats\.connect\(|create_channel"
)

PLACES = {
    f"{RUNTIME}/rpc/channel.py",
    f"{RUNTIME}/rpc/server.py",
    # The SDK stands alone: it may not import the runtime.
    "sdk/python/src/framemesh/sdk/transport/channel.py",
}


def test_no_other_file_makes_a_channel_a_port_or_a_connection() -> None:
    found = set()
    for folder in ("libs", "services", "cli", "sdk/python"):
        for path in (ROOT / folder).glob("**/src/**/*.py"):
            if "framemesh/api/" not in str(path) and MAKES.search(path.read_text()):
                found.add(str(path.relative_to(ROOT)))
    assert found == PLACES, "use runtime/rpc/channel.py, rpc/server.py or jetstream/connection"


def test_only_the_broker_makes_a_connection_to_nats() -> None:
    found = set()
    for folder in ("libs", "services", "cli"):
        for path in (ROOT / folder).glob("**/src/**/*.py"):
            if re.search(r"\bClient\(\)|nats\.aio\.client", path.read_text()):
                found.add(str(path.relative_to(ROOT)))
    connection = f"{RUNTIME}/jetstream/connection"
    assert found <= {
        f"{connection}/broker.py",
        f"{connection}/client.py",
        f"{RUNTIME}/jetstream/consume/received_message.py",
    }
