"""What the command `reluscope` can do: one command, one file."""
