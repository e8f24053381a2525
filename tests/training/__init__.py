"""The training room: torch, and nothing else."""
