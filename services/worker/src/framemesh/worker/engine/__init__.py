"""Stages of a pipeline executed over Triton: the graph, batches, threads."""
