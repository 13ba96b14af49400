"""Trains the adapter of the embedded judge: labelled questions in, an adapter and its figures out."""
