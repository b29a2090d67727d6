"""What a sink is: where results of a pipeline go."""
