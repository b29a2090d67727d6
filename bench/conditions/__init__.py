"""What the condition of a stage costs."""
