"""Tables of answers as platforms and people write them, and grades in the platform's own shape."""
