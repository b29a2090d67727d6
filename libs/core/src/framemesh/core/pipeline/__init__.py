"""What a pipeline is declared to be, and the shards that its frames go to."""
