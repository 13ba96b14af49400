"""Rubrics from what people have: question banks, tables, rubrics of platforms, Markdown."""
