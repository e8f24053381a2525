"""The client that waits: one rim of two around what is without I/O."""
