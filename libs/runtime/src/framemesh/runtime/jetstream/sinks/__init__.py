"""What JetStream keeps of sinks."""
