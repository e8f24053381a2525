"""For whoever runs the server: what is measured of it, logged, and told to others."""
