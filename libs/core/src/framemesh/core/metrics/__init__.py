"""What is measured: the one table of metrics, by area."""
