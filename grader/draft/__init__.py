"""Drafts a rubric from a text: the model proposes, code checks every quotation."""

from grader.draft.assemble import Draft, assemble
from grader.draft.proposal import Proposal
from grader.draft.source import Source, read

__all__ = ["Draft", "Proposal", "Source", "assemble", "read"]
