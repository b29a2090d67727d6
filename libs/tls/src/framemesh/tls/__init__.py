"""Certificates of gRPC, NATS and HTTP connections: read, renewed, and what is wrong with them.

For the services and for the SDK alike, so it needs nothing but grpcio and the standard library.
"""
