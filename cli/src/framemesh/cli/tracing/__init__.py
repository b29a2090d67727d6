"""Traces, as Jaeger keeps them and a terminal shows them."""
