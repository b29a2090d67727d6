"""What happened to pipelines in the last day."""
