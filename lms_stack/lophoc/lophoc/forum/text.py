"""What people write: simple Markdown, made into clean HTML once, when it is stored."""

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["image", "heading", "lheading", "html_block"]
)
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "code", "pre", "a", "hr"}


def as_html(text: str) -> str:
    """Paragraphs, emphasis, lists, quotations, code and links; anything else stays the text that it is."""
    return nh3.clean(_MARKDOWN.render(text), tags=_TAGS, url_schemes={"http", "https", "mailto"})
