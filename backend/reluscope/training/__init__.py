"""Training of two-layer ReLU networks, readable alone. Knows torch; knows no thread, no web."""
