"""Dead letters are offered again."""
