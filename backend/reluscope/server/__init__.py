"""The server: REST, the live socket and the page. Knows FastAPI; no torch."""
