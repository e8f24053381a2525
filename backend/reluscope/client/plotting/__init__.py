"""Curves in a notebook, drawn as their losses come."""
