"""The embedded model: its file, its engine, and how they are brought here."""
