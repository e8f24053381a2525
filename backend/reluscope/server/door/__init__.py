"""Who comes in, how, and how much they may have of this server."""
