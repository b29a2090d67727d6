"""Takes results to files, brokers and other services."""
