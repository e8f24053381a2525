"""The live socket: what is sent to whom, and when."""
