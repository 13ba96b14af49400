"""Brings the documents that stand outside ``docs/`` into the site, so that each text exists once.

Links are written as they lead in the repository, such as ``../SECURITY.md``; the site has all its
pages side by side, so they are turned into the names of pages when it is built.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "training/README.md": "training.md",
}
"""Documents of the repository, and the pages that they become."""
_SOURCES = {page: document for document, page in PAGES.items()}
_LINK = re.compile(r"(?<=\]\()([\w./-]+\.(?:md|svg))(?=[#)])")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Returns the site's files with the documents from outside ``docs/``."""
    for document, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / document)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Returns the page's text with its links turned from the repository's into the site's."""
    here = _SOURCES.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    return _LINK.sub(lambda link: target(here, link[1]), markdown)


def target(document: str, link: str) -> str:
    """Returns where *link* leads on the site when it stands in *document* of the repository."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(document), link))
    return PAGES.get(path) or path.removeprefix("docs/")
