"""The planner's answers beside published figures."""

from scripts.compare_published import LEARNERS, Answers, published
from tests.unit.lms_stack.samples import COURSE


def test_every_published_figure_stands_beside_an_answer_with_its_source() -> None:
    document = Answers(COURSE).document()
    for key, row in published().items():
        assert set(row) == {"what", "published", "source", "differs"}
        assert document.count(f"[{key}]") == 2
        assert row["source"].strip() in document
    assert [line.split(" |")[0] for line in document.splitlines()[2:6]] == [f"| {number:,}" for number in LEARNERS]
