"""Runs: traces, states, and the workers' turns. Knows threads; no web, and torch only through
`training`."""
