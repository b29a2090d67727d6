"""The headers of JetStream's messages, and the statuses in them that are answers without JSON."""

STATUS = "Status"
DESCRIPTION = "Description"

EXPECTED_LAST_ON_SUBJECT = "Nats-Expected-Last-Subject-Sequence"
"""Store a message only if the last one of its subject has this sequence number; 0: if there is
none."""

ROLLUP = "Nats-Rollup"
"""Delete what the stream has of the same subject (the value is then ROLLUP_SUBJECT) once this
message is stored."""

ROLLUP_SUBJECT = "sub"

MESSAGE_TTL = "Nats-TTL"
"""Seconds after which the server removes the message."""

SUBJECT = "Nats-Subject"
SEQUENCE = "Nats-Sequence"
TIME_STAMP = "Nats-Time-Stamp"
"""Of a message that a direct get returns."""

MESSAGE_SIZE = "Nats-Msg-Size"
"""Of the payload that a consumer of headers only leaves out."""

KEY_VALUE_OPERATION = "KV-Operation"
"""Marks a key-value entry that stands for a deleted one."""

DELETED = "DEL"
"""Its value, as `nats kv del` writes it."""

STATUS_HEARTBEAT = "100"

STATUS_END_OF_BATCH = "204"
"""All messages that were asked for at once have come."""

STATUS_NOT_FOUND = "404"
"""No message matches."""

STATUS_TOO_MANY = "413"
"""More subjects match than the server processes in one request."""

STATUS_NO_RESPONDERS = "503"
"""Nobody listens to the subject: there is no such stream or consumer, or it has no leader."""
