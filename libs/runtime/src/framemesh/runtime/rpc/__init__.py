"""gRPC servers and channels with all that every service has."""
