"""The docs say what the code does: pictures that a test takes, links that lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("runbooks/*.md")])


def test_every_picture_of_the_lms_is_one_that_the_journey_takes() -> None:
    journey = (ROOT / "tests" / "lab" / "test_course_journey.py").read_text("utf-8")
    taken = {f"{name}.png" for name in re.findall(r'shows\("([^"]+)"\)', journey)}
    taken |= set(re.findall(r'pictures\(\) / "([^"]+)"', journey))
    shown = set(re.findall(r"\(lms/([^)]+)\)", (ROOT / "docs" / "lms.md").read_text("utf-8")))
    assert shown <= taken
    assert shown == {path.name for path in (ROOT / "docs" / "lms").iterdir()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_docs_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []
