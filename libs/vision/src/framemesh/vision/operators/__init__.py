"""Stages without a model: they follow boxes, leave some out, count them, and change pixels.

Each is a pure function. What remembers earlier frames takes a frozen state and gives the next one.
"""
