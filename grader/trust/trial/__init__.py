"""Tries a judge on labelled answers: how far its verdicts can be trusted, and where they fail."""
