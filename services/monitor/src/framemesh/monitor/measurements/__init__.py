"""What the monitor measures of pipelines and of the broker, while somebody reads it."""
