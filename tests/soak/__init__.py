"""Hours in a minute: all that may be asked of a server, at random, while viewers check each point."""
