"""Quizzes: what is drawn and kept, saving as one goes, the clock, and correcting a key."""

from datetime import timedelta
from typing import Any

import pytest
from conftest import signed_in
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

QUIZ = "/khoa-hoc/mau/bai-kiem-tra/2/"
RIGHT = {"cau-1": "1", "cau-2": ["0", "2"], "cau-3": "diễn đàn", "cau-4": "6"}


@pytest.fixture
def quiz(course: Any) -> Any:
    """The course's quiz."""
    from lophoc.assessment.models import Quiz

    return Quiz.objects.get()


def _begun(client: Any) -> Any:
    """An attempt that was just begun, and its address."""
    from lophoc.assessment.models import Attempt

    address = client.post(f"{QUIZ}bat-dau/")["Location"]
    return Attempt.objects.get(pk=int(address.split("/")[2])), address


def _bank(count: int, label: str = "ICT", **more: Any) -> list[Any]:
    from lophoc.assessment.models import Question

    given = {"kind": "single", "choices": ["a", "b", "c"], "answer": 0, "label": label, "approved_at": timezone.now()}
    return [Question.objects.create(text=f"{label} {n}", **{**given, **more}) for n in range(count)]


def _rewind(attempt: Any, minutes: int) -> None:
    """As if the attempt had been begun that much earlier."""
    attempt.ends -= timedelta(minutes=minutes)
    attempt.save(update_fields=("ends",))


def test_a_quiz_draws_as_many_approved_questions_of_a_label_as_it_says(quiz: Any) -> None:
    ready, other = _bank(6), _bank(3, "khác")
    drafts = _bank(3, approved_at=None)
    quiz.draws = [{"label": "ICT", "count": 4}]
    quiz.save()
    attempt, _ = _begun(signed_in("hv-1"))
    drawn = {pk for pk, _order in attempt.shown[4:]}
    assert len(attempt.shown) == 8
    assert drawn <= {each.pk for each in ready}
    assert not drawn & {each.pk for each in (*other, *drafts)}


def test_a_draw_without_a_label_asks_only_some_of_the_own_questions(quiz: Any) -> None:
    quiz.draws = [{"count": 2}]
    quiz.save()
    attempt, _ = _begun(signed_in("hv-1"))
    assert len(attempt.shown) == 2


def test_shuffled_choices_are_scored_by_what_was_shown(quiz: Any) -> None:
    quiz.shuffle_questions = quiz.shuffle_choices = True
    quiz.save()
    client = signed_in("hv-1")
    attempt, address = _begun(client)
    held = {each.pk: each for each in _questions()}
    answers = {}
    for place, (pk, order) in enumerate(attempt.shown, 1):
        answer = held[pk].answer
        if held[pk].kind in {"single", "multiple"}:
            wanted = answer if isinstance(answer, list) else [answer]
            answers[f"cau-{place}"] = [str(order.index(index)) for index in wanted]
        else:
            answers[f"cau-{place}"] = "6" if held[pk].kind == "number" else "diễn đàn"
    result = client.post(f"{address}nop/", answers)["Location"]
    assert 'id="score">4/4<' in client.get(result).content.decode()


def test_two_attempts_are_shuffled_each_in_its_own_way(quiz: Any) -> None:
    from random import Random

    from lophoc.assessment.asking import draw, paper

    quiz.shuffle_questions = True
    quiz.save()
    orders = {tuple(pk for pk, _order in draw(paper(quiz.pk), Random(seed))) for seed in range(20)}
    assert len(orders) > 5


def _questions() -> list[Any]:
    from lophoc.assessment.models import Question

    return list(Question.objects.all())


def test_a_matching_question_counts_each_row_and_never_shows_the_ends_in_their_order(quiz: Any) -> None:
    from lophoc.assessment.models import Question

    Question.objects.all().delete()
    ends = [f"phải {n}" for n in range(12)]
    Question.objects.create(
        quiz=quiz, number=1, kind="matching", text="Ghép", choices=["a", "b", "c", "d"], answer=ends, points=4
    )
    client = signed_in("hv-1")
    attempt, address = _begun(client)
    order = attempt.shown[0][1]
    assert sorted(order) == list(range(12)) != order
    page = client.get(address).content.decode()
    assert page.count('<select name="cau-1"') == 4
    sent = [str(order.index(row)) for row in range(3)] + [""]
    result = client.post(f"{address}nop/", {"cau-1": sent})["Location"]
    assert 'id="score">3/4<' in client.get(result).content.decode()


def test_saving_costs_one_query_beside_who_it_is_and_shows_again_on_any_machine(quiz: Any) -> None:
    client = signed_in("hv-1")
    attempt, address = _begun(client)
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(f"{address}luu/", {"cau-3": "nửa câu", "cau-2": ["0", "2"]})
    assert answer.json() == {"saved": True}
    assert answer["X-Request-Class"] == "quiz_save"
    assert len(captured) == 2
    page = signed_in("hv-1").get(address).content.decode()
    assert 'value="nửa câu"' in page
    assert page.count(" checked") == 2
    attempt.refresh_from_db()
    assert attempt.submitted is None


def test_nobody_saves_into_the_attempt_of_another(quiz: Any) -> None:
    attempt, address = _begun(signed_in("hv-1"))
    assert signed_in("hv-2").post(f"{address}luu/", {"cau-3": "x"}).status_code == 409
    attempt.refresh_from_db()
    assert attempt.answers == {}


def test_an_attempt_handed_in_too_late_counts_what_was_saved_in_time(quiz: Any) -> None:
    client = signed_in("hv-1")
    attempt, address = _begun(client)
    client.post(f"{address}luu/", {"cau-1": "1", "cau-4": "6"})
    _rewind(attempt, 16)
    assert client.post(f"{address}luu/", RIGHT).status_code == 409
    result = client.post(f"{address}nop/", RIGHT)["Location"]
    assert 'id="score">2/4<' in client.get(result).content.decode()


@pytest.mark.parametrize("seen_by", ["page", "attempt", "command"])
def test_an_attempt_that_was_left_is_ended_and_scored_by_what_was_saved(quiz: Any, seen_by: str) -> None:
    from django.core.management import call_command

    from lophoc.assessment.models import Grade
    from lophoc.catalogue.models import Progress

    client = signed_in("hv-1")
    attempt, address = _begun(client)
    client.post(f"{address}luu/", {"cau-1": "1"})
    _rewind(attempt, 16)
    if seen_by == "command":
        call_command("close_attempts")
    else:
        client.get({"page": QUIZ, "attempt": address}[seen_by])
    attempt.refresh_from_db()
    assert attempt.submitted == attempt.ends
    assert (attempt.score, attempt.points) == (1, 4)
    assert Grade.objects.get().points == 1
    assert Progress.objects.count() == 1


def test_an_open_attempt_in_time_is_not_ended_by_the_command(quiz: Any) -> None:
    from lophoc.assessment.attempts import close_expired

    attempt, _ = _begun(signed_in("hv-1"))
    assert close_expired() == 0
    attempt.refresh_from_db()
    assert attempt.submitted is None


def test_only_one_attempt_is_open_at_a_time(quiz: Any) -> None:
    from django.db import IntegrityError, transaction

    from lophoc.assessment.models import Attempt

    client = signed_in("hv-1")
    first, address = _begun(client)
    assert client.post(f"{QUIZ}bat-dau/")["Location"] == address
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(quiz=quiz, learner=first.learner)


def test_a_late_start_shortens_an_exam_and_extra_minutes_lengthen_it(quiz: Any) -> None:
    from lophoc.classes.models import Enrolment

    quiz.closes = timezone.now() + timedelta(minutes=5)
    quiz.save()
    Enrolment.objects.filter(learner__username="hv-2").update(extra_minutes=10)
    short, _ = _begun(signed_in("hv-1"))
    longer, _ = _begun(signed_in("hv-2"))
    assert short.ends == quiz.closes
    assert longer.ends == quiz.closes + timedelta(minutes=10)


@pytest.mark.parametrize(("opens", "closes"), [(1, 2), (-2, -1)])
def test_an_exam_is_begun_only_inside_its_window(quiz: Any, opens: int, closes: int) -> None:
    from lophoc.assessment.models import Attempt

    now = timezone.now()
    quiz.opens, quiz.closes = now + timedelta(hours=opens), now + timedelta(hours=closes)
    quiz.save()
    assert signed_in("hv-1").post(f"{QUIZ}bat-dau/")["Location"] == QUIZ
    assert not Attempt.objects.exists()


def test_right_answers_are_told_only_when_it_is_time(quiz: Any) -> None:
    quiz.shows, quiz.closes = "closed", timezone.now() + timedelta(hours=1)
    quiz.save()
    client = signed_in("hv-1")
    _, address = _begun(client)
    result = client.post(f"{address}nop/", {})["Location"]
    assert "Diễn đàn</li>" not in (page := client.get(result).content.decode())
    assert "Đáp án được công bố" in page
    quiz.closes = timezone.now() - timedelta(minutes=1)
    quiz.save()
    assert "Đáp án: Diễn đàn" in client.get(result).content.decode()


def test_a_quiz_counts_as_done_only_when_it_is_passed(quiz: Any) -> None:
    from lophoc.catalogue.models import Progress

    quiz.passing = 75
    quiz.save()
    client = signed_in("hv-1")
    for answers, done in (({"cau-1": "1"}, 0), (RIGHT, 1)):
        _, address = _begun(client)
        client.post(f"{address}nop/", answers)
        assert Progress.objects.count() == done


def test_a_worse_attempt_leaves_the_grade_as_it_is(quiz: Any) -> None:
    from lophoc.assessment.models import Grade

    client = signed_in("hv-1")
    for answers in (RIGHT, {}):
        _, address = _begun(client)
        client.post(f"{address}nop/", answers)
    assert [grade.points for grade in Grade.objects.all()] == [4]
    assert "4/4" in client.get("/khoa-hoc/mau/").content.decode()


def test_after_a_key_is_corrected_every_changed_grade_gets_a_new_row_with_the_reason(quiz: Any) -> None:
    from lophoc.assessment.models import Grade, Question

    for name in ("hv-1", "hv-2", "hv-3"):
        client = signed_in(name)
        _, address = _begun(client)
        client.post(f"{address}nop/", RIGHT if name == "hv-2" else {**RIGHT, "cau-1": "0"})
    single = Question.objects.get(kind="single")
    edit = f"/ngan-hang-cau-hoi/{single.pk}/"
    organiser = signed_in("quantri")
    assert organiser.post(edit, {"answer": "1", "text": "Khác", "points": "9"}).status_code == 302
    single.refresh_from_db()
    assert (single.answer, single.text, single.points) == (0, "Một?", 1)
    assert organiser.post(f"{QUIZ}cham-lai/", {"reason": "Sửa đáp án câu 1"}).status_code == 302
    points = {row: [] for row in ("hv-1", "hv-2", "hv-3")}
    for grade in Grade.objects.select_related("learner"):
        points[grade.learner.username].append((grade.points, grade.reason))
    again = "Sửa đáp án câu 1"
    assert points == {"hv-1": [(3, ""), (4, again)], "hv-2": [(4, ""), (3, again)], "hv-3": [(3, ""), (4, again)]}


def test_an_instructor_regrades_only_the_own_class_and_needs_a_reason(quiz: Any) -> None:
    from lophoc.assessment.models import Grade, Question

    for name in ("hv-1", "hv-2"):
        client = signed_in(name)
        _, address = _begun(client)
        client.post(f"{address}nop/", RIGHT)
    Question.objects.filter(kind="single").update(answer=0)
    from django.core.cache import cache

    cache.clear()
    instructor = signed_in("gv-1")
    instructor.post(f"{QUIZ}cham-lai/", {"reason": ""})
    assert Grade.objects.count() == 2
    instructor.post(f"{QUIZ}cham-lai/", {"reason": "Sửa"})
    assert [grade.learner.username for grade in Grade.objects.filter(reason="Sửa")] == ["hv-2"]
    assert signed_in("hv-1").post(f"{QUIZ}cham-lai/", {"reason": "Sửa"}).status_code == 403


def test_organisers_set_how_a_quiz_is_taken_and_nobody_else_does(quiz: Any) -> None:
    address = f"{QUIZ}thiet-lap/"
    form = {"time_limit": 20, "attempts": 1, "passing": 50, "shows": "closed", "draws": "ICT: 3\n*: 2"}
    for name in ("hv-1", "gv-1"):
        assert signed_in(name).get(address).status_code == 403
        assert signed_in(name).post(address, form).status_code == 403
    organiser = signed_in("quantri")
    assert organiser.get(address).status_code == 200
    assert "phải có dạng" in organiser.post(address, {**form, "draws": "ICT"}).content.decode()
    assert organiser.post(address, form).status_code == 302
    quiz.refresh_from_db()
    assert (quiz.time_limit, quiz.draws) == (20, [{"count": 3, "label": "ICT"}, {"count": 2}])


def test_the_pages_of_a_quiz_ask_the_database_a_bounded_number_of_times(quiz: Any) -> None:
    _bank(40)
    quiz.draws = [{"label": "ICT", "count": 40}]
    quiz.save()
    client = signed_in("hv-1")
    client.get(QUIZ)
    limits = []
    for method, address, limit in (("get", QUIZ, 8), ("post", f"{QUIZ}bat-dau/", 9)):
        with CaptureQueriesContext(connection) as captured:
            answer = getattr(client, method)(address)
        limits.append((address, len(captured), limit))
    address = answer["Location"]
    for method, path, limit in (("get", "", 8), ("post", "nop/", 12), ("get", "ket-qua/", 8)):
        with CaptureQueriesContext(connection) as captured:
            getattr(client, method)(f"{address}{path}")
        limits.append((path, len(captured), limit))
    assert [row for row in limits if row[1] > row[2]] == []
