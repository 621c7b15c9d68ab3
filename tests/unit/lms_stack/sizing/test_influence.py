"""Which input the answer hangs on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lms_stack.sizing.influence import MOST, WEAKEST, find_out_first, rank_correlation
from tests.unit.lms_stack.sizing.loads import load, outlook


@given(st.integers(1, 100))
def test_the_rank_correlation_is_spearmans(seed: int) -> None:
    first, second = np.random.default_rng(seed).random((2, 200))
    assert rank_correlation(first, first + second) == pytest.approx(spearmanr(first, first + second).statistic)


def test_the_input_that_moves_the_answer_is_told_first_and_a_known_one_not_at_all() -> None:
    random = np.random.default_rng(3)
    strong, weak = random.uniform(1, 2, 500), random.uniform(1, 2, 500)
    drawn = load(draws=500)
    drawn.requests[:, 0] *= strong**3 + 1.5 * weak
    drawn.inputs.update(weak=weak, strong=strong, known=np.ones(500))
    first, second = find_out_first(drawn, {"strong": "what moves it"})
    assert (first.name, first.of, second.name) == ("strong", "cores", "weak")
    assert first.correlation.reason.startswith("what moves it: ")
    assert first.correlation.value == pytest.approx(1, abs=0.05)
    assert 0.1 < second.correlation.value < 0.4


def test_an_input_that_moves_the_answer_no_more_than_chance_does_is_not_told() -> None:
    random = np.random.default_rng(3)
    drawn = load(draws=1000)
    drawn.requests[:, 0] *= random.uniform(1, 2, 1000)
    drawn.inputs.update(idle=random.uniform(1, 2, 1000))
    assert find_out_first(drawn, {}) == ()


def test_what_matters_most_for_a_large_course_is_the_exam_and_the_evening_and_the_strongest_is_told_first() -> None:
    found = outlook(60_000).find_out_first
    assert {"evening_concurrency", "exam_busiest_minute"} <= {each.name for each in found}
    assert {each.of for each in found} == {"cores", "egress"}
    strengths = [abs(each.correlation.value) for each in found]
    assert strengths == sorted(strengths, reverse=True)
    assert len(found) <= MOST
    assert min(strengths) >= WEAKEST
