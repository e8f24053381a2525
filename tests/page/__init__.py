"""Real Chromium, as a person would."""
