"""People and models over the same answers: whom and what to trust."""
