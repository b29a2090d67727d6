"""The data plane's contract over Kafka, and its cost beside that of JetStream: bench/README.md."""
