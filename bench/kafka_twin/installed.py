"""Where `make kafka` puts Kafka's server and its client; nothing else of framemesh needs them."""

import shutil
import sys
from pathlib import Path

from bench.frames import ROOT

JARS = ROOT / ".tools/kafka"
CLIENT = ROOT / ".venv/kafka"


class KafkaMissing(Exception):
    """Kafka cannot run here."""


def why_missing() -> str | None:
    """What is not there, and what to do; None: Kafka can run."""
    if shutil.which("java") is None:
        return "Kafka needs Java 17: install it, then `make kafka`"
    if not list(JARS.glob("kafka_2.13-*.jar")) or _packages() is None:
        return "Kafka's jars or its client are missing: `make kafka`"
    return None


def require_kafka() -> None:
    """Let this process import the client.

    Raises:
        KafkaMissing: it cannot, or the server cannot run.
    """
    if why := why_missing():
        raise KafkaMissing(why)
    packages = str(_packages())
    # Last: what both environments have is of the project's own.
    if packages not in sys.path:
        sys.path.append(packages)


def _packages() -> Path | None:
    """The folder of the client's packages."""
    return next(CLIENT.glob("lib/python3.*/site-packages/confluent_kafka/.."), None)
