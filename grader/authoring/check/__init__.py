"""Checks rubrics as a linter checks code: no model, no opinion that has no line."""
