"""How a camera's connection to ingest is made."""

CHANNEL_OPTIONS: list[tuple[str, int]] = [
    # What a frame may weigh is for ingest to say, with a reason.
    ("grpc.max_send_message_length", -1),
    # A dead peer is noticed within 15 seconds, also while the camera has nothing to send.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    # The window that grows with the bandwidth lets megabytes run ahead of a reader that stalls.
    ("grpc.http2.bdp_probe", 0),
    # Each camera has a connection of its own, so that a balancer can spread the cameras.
    ("grpc.use_local_subchannel_pool", 1),
    # The camera has a back-off of its own; this one must not be slower.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]

LINGER_SECONDS = 2.0
"""What ingest gets to end a stream by itself, once every frame has its answer."""
