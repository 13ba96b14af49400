"""Pages that need nothing else: no script, no network."""
