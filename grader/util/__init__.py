"""What any program needs: files, lines, TOML, JSON, digests; nothing of grading."""
