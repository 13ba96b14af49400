"""Grades free-text answers to technical questions against rubrics of key points."""

__version__ = "0.1.0"
