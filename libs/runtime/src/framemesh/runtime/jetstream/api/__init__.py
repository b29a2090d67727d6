"""JetStream's API, typed: the one place that knows its subjects, JSON and error codes.

Begin at `jetstream.JetStream`, which has streams, consumers and messages. `key_value` and
`object_store` are the two kinds of bucket on top of them.
"""
