"""What every service runs on: JetStream, gRPC, settings, logs, child processes."""
