"""Four loads, four ways to choose the number of workers: `python -m bench.scaling`."""
