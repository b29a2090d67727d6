"""What the broker and its client cost, without a mesh around them."""
