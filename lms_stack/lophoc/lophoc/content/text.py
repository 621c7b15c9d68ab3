"""Markdown as pages show it."""

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark").enable("table")


def to_html(markdown: str) -> str:
    """Markdown as HTML without anything that could run."""
    return nh3.clean(_MARKDOWN.render(markdown))
