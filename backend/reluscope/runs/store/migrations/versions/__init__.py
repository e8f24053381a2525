"""The steps, from each version to the next."""
