"""Drafts a rubric from a text: the model proposes, code checks every quotation."""
