"""A seeded synthetic bank, and the demo that runs on it."""
