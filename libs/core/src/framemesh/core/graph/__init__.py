"""The graph of a pipeline: its plan of nodes and edges, and the items that flow along them."""
