"""The house itself: what lies where, the wheel, the compose file."""
