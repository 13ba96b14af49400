"""Calibrates a hiring team: how far people and models that graded the same answers agree."""
