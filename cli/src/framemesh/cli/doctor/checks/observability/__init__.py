"""What others run to look at a mesh: collectors of traces, Prometheus."""
