"""A chain of reasons as a tree for a person."""

from rich.console import RenderableType
from rich.markup import escape
from rich.tree import Tree

from lms_stack.why import Why


def why_page(why: Why) -> RenderableType:
    """The rule first, then what it rests on, down to the sources."""
    tree = Tree(_line(why), guide_style="dim")
    _grow(tree, why)
    return tree


def _grow(tree: Tree, why: Why) -> None:
    for each in why.because:
        _grow(tree.add(_line(each)), each)


def _line(why: Why) -> str:
    return f"[bold]{escape(why.key)}[/bold] = {escape(why.answer)}\n[dim]{escape(why.reason)}[/dim]"
