"""From the collected facts to the Turtle of the knowledge base; started by `tools/seed.py`."""
