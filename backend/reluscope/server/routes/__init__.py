"""The REST routes: one noun, one file."""
