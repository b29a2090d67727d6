"""The connection to NATS: reconnects, names its errors, and copies no frame."""
