"""A real PostgreSQL for the tests: its programs, and a cluster of the tests' own."""
