"""What is in the streams: frames, outcomes and acceptances as messages, pipelines as protobuf."""
