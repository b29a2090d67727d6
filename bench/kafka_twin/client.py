"""What is used of Kafka's client; importing it needs `make kafka`.

Raises:
    KafkaMissing: at import, where that was not run.
"""

from bench.kafka_twin.installed import require_kafka

require_kafka()

from confluent_kafka import (  # noqa: E402  where it lies is known now
    OFFSET_STORED,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic  # noqa: E402

__all__ = [
    "OFFSET_STORED",
    "AdminClient",
    "Consumer",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewTopic",
    "Producer",
    "TopicPartition",
]
