"""What preparing a frame for a model costs, step by step."""
