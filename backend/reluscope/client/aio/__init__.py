"""The client that is awaited: one rim of two around what is without I/O."""
