"""Many answers graded together, each once, none paid for twice."""
