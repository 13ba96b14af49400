"""Trains the embedded judge's adapter: labelled questions in, an adapter and its figures out."""
