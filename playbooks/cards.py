"""Title cards and slides, drawn with matplotlib: its DejaVu fonts have every Vietnamese letter."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from lms_stack.course import Course, Lesson

#: 854 x 480 pixels at 100 per inch: what video players call 480p.
SIZE = (8.54, 4.80)
BACKGROUND = "#12355b"
FOREGROUND = "#ffffff"
ACCENT = "#f2c14e"
LINES_ON_A_SLIDE = 11


def write_card(path: Path, course: Course, lesson: Lesson) -> None:
    """One title card as PNG, 854 x 480."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = _figure(lesson.title, course.title, course.organiser)
    FigureCanvasAgg(figure)
    figure.savefig(path, format="png", dpi=100, facecolor=BACKGROUND)


def write_slides(path: Path, course: Course, lesson: Lesson, markdown: str) -> None:
    """The lesson's text as slides: a title, then a page for each section."""
    # The date would make the same slides another file each time.
    with PdfPages(path, metadata={"Title": lesson.title, "Author": course.organiser, "CreationDate": None}) as pages:
        pages.savefig(_figure(lesson.title, course.title, course.organiser), facecolor=BACKGROUND)
        for heading, lines in sections(markdown):
            pages.savefig(_slide(heading or lesson.title, lines))


def _figure(title: str, *small: str) -> Figure:
    figure = Figure(figsize=SIZE, facecolor=BACKGROUND)
    figure.text(0.06, 0.62, textwrap.fill(title, 36), color=FOREGROUND, fontsize=22, weight="bold", va="center")
    below = "\n".join(textwrap.fill(line, 70) for line in small)
    figure.text(0.06, 0.26, below, color=ACCENT, fontsize=11, va="center")
    return figure


def _slide(heading: str, lines: list[str]) -> Figure:
    figure = Figure(figsize=SIZE)
    figure.text(0.06, 0.90, textwrap.fill(heading, 50), color=BACKGROUND, fontsize=18, weight="bold", va="top")
    figure.text(0.06, 0.76, "\n".join(lines), color="#222222", fontsize=11, va="top", linespacing=1.5)
    return figure


def sections(markdown: str) -> Iterator[tuple[str, list[str]]]:
    """Headings with the lines under them, folded and cut to slides; plain text, without Markdown's marks."""
    heading = ""
    for block in re.split(r"^(#{1,6} .*)$", markdown, flags=re.MULTILINE):
        if block.startswith("#"):
            heading = block.lstrip("# ").strip()
            continue
        lines = [line for raw in block.splitlines() for line in _folded(raw)]
        for start in range(0, len(lines), LINES_ON_A_SLIDE):
            yield heading, lines[start : start + LINES_ON_A_SLIDE]


def _folded(raw: str) -> list[str]:
    text = re.sub(r"[*_`|]+", " ", re.sub(r"^\s*[-*] ", "• ", raw)).strip()
    # matplotlib takes what stands between two dollar signs for mathematics.
    return textwrap.wrap(text.replace("$", r"\$"), 84)
