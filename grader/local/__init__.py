"""The judge that runs on the user's own machine: its weights, and the engine that serves them."""
