"""The runs: traces, states, workers and their turns."""
