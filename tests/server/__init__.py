"""The server, through real sockets."""
