"""Whether the quotations of a rubric stand in a text that is at hand."""

from collections.abc import Iterator, Mapping

from grader.check.finding import Finding, Reading
from grader.draft.source import Source


def quoted(reading: Reading, sources: Mapping[str, Source]) -> Iterator[Finding]:
    """A finding for each quotation that its document does not hold.

    Args:
        sources: texts by the key of the rubric's ``documents``; other documents are passed over.
    """
    for place, item in reading.items:
        for n, cited in enumerate(item.sources):
            source = sources.get(cited.document)
            if source and cited.quote and source.find(cited.quote) is None:
                where = (*place, "sources", n, "quote")
                yield reading.error("not-quoted", where, f"does not stand in {source.path}")
