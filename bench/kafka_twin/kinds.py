"""The two kinds of broker that are compared."""

from enum import StrEnum


class Kind(StrEnum):
    """Of broker."""

    JETSTREAM = "jetstream"
    KAFKA = "kafka"
