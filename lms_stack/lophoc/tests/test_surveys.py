"""Surveys: once for each person, nobody's answers are known, results only when enough answered."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import signed_in
from django.db import connection
from django.test.utils import CaptureQueriesContext

PAGE = "/khoa-hoc/mau/khao-sat/"
EDIT = f"{PAGE}nguoi-hoc/sua/"
RESULTS = f"{PAGE}nguoi-hoc/ket-qua/"
TODAY = date.today()


@pytest.fixture
def surveys(course: Any) -> dict[str, Any]:
    """Both surveys, open today."""
    from lophoc.surveys.load import load
    from lophoc.surveys.models import Survey

    load(course)
    Survey.objects.update(opens=TODAY, closes=TODAY)
    return {each.audience: each for each in Survey.objects.all()}


def answers(survey: Any, level: str = "4", words: str = "") -> dict[str, str]:
    """The same level of satisfaction with everything."""
    said = {"likert": level, "choice": "2", "text": words}
    return {f"cau-{each.pk}": said[each.kind] for each in survey.questions.all()}


def answer_as(survey: Any, count: int, level: str = "4", words: str = "") -> None:
    """So many new people answer."""
    from lophoc.accounts.models import User
    from lophoc.surveys.answering import take
    from lophoc.surveys.forms import AnswerForm

    for number in range(count):
        form = AnswerForm(survey.questions.all(), answers(survey, level, words and f"{words} {number}"))
        assert form.is_valid()
        person = User.objects.create(username=f"tra-loi-{level}-{number}")
        take(survey, person.pk, form.answers)


def test_the_default_questions_ask_about_organisation_content_and_system(surveys: dict[str, Any]) -> None:
    assert set(surveys) == {"nguoi-hoc", "nguoi-day"}
    for survey in surveys.values():
        sections = {each.section for each in survey.questions.all() if each.kind == "likert"}
        assert sections == {"organisation", "content", "system"}


@pytest.mark.parametrize(("username", "audience"), [("hv-1", "nguoi-hoc"), ("gv-1", "nguoi-day")])
def test_each_is_asked_what_is_meant_for_them_and_answers_once(
    surveys: dict[str, Any], username: str, audience: str
) -> None:
    client, survey = signed_in(username), surveys[audience]
    page = client.get(PAGE).content.decode()
    assert 'data-page="survey"' in page
    assert set(re.findall(r'name="(cau-\d+)"', page)) == set(answers(survey))
    assert client.post(PAGE, answers(survey)).status_code == 302
    assert "cau-" not in client.get(PAGE).content.decode()
    client.post(PAGE, answers(survey, "1"))
    survey.refresh_from_db()
    assert survey.answered == 1
    assert set(survey.questions.filter(kind="likert").values_list("tallies__value", flat=True)) == {"4"}


def test_a_question_left_out_is_asked_for_and_nothing_is_counted(surveys: dict[str, Any]) -> None:
    from lophoc.surveys.models import Answered, Tally

    sent = answers(surveys["nguoi-hoc"])
    sent.pop(next(name for name, value in sent.items() if value == "4"))
    answer = signed_in("hv-1").post(PAGE, sent)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Answered.objects.exists()
    assert not Tally.objects.exists()


def test_outside_its_days_nothing_is_taken(surveys: dict[str, Any]) -> None:
    from lophoc.surveys.models import Survey

    sent = answers(surveys["nguoi-hoc"])
    for opens, closes in ((1, 2), (-2, -1)):
        Survey.objects.update(opens=TODAY + timedelta(opens), closes=TODAY + timedelta(closes))
        client = signed_in("hv-1")
        assert "cau-" not in client.get(PAGE).content.decode()
        assert client.post(PAGE, sent).status_code == 403


def test_nobody_can_find_out_who_answered_what(surveys: dict[str, Any]) -> None:
    """No table that holds answers has a way to the person, a time, or a key that counts up."""
    from django.apps import apps
    from django.db.models import AutoField, DateField, TimeField

    from lophoc.accounts.models import User
    from lophoc.surveys.models import Answered, Tally, Words

    signed_in("hv-1").post(PAGE, answers(surveys["nguoi-hoc"], words="Rất hay"))
    assert {model.__name__ for model in apps.get_app_config("surveys").get_models()} == {
        *("Survey", "Question", "Tally", "Words", "Answered")
    }
    for model in (Tally, Words, Answered):
        assert not [field for field in model._meta.local_fields if isinstance(field, DateField | TimeField)]
    for model in (Tally, Words):
        assert User not in {field.related_model for field in model._meta.local_fields}
    for model in (Words, Answered):
        assert not isinstance(model._meta.pk, AutoField)
    assert {field.name for field in Answered._meta.local_fields} == {"id", "survey", "person"}
    assert set(Words.objects.values_list("text", flat=True)) == {"Rất hay"}


@pytest.mark.django_db(transaction=True)
def test_that_somebody_answered_and_what_are_written_by_two_transactions(surveys: dict[str, Any]) -> None:
    """PostgreSQL keeps the number of the transaction with each row; it must not join them."""
    from lophoc.surveys.answering import take

    survey = surveys["nguoi-hoc"]
    question = survey.questions.first()
    with CaptureQueriesContext(connection) as captured:
        take(survey, _person("hv-1"), [(question, "5")])
    said = [each["sql"] for each in captured]
    who = next(at for at, sql in enumerate(said) if sql.startswith('INSERT INTO "surveys_answered"'))
    what = next(at for at, sql in enumerate(said) if sql.startswith('INSERT INTO "surveys_tally"'))
    assert "COMMIT" in said[who:what]


def _person(username: str) -> int:
    from lophoc.accounts.models import User

    return int(User.objects.get(username=username).pk)


def test_when_counting_fails_the_person_may_answer_again(
    surveys: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DatabaseError

    from lophoc.surveys import answering
    from lophoc.surveys.models import Answered

    def fail(*_: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(answering, "_count", fail)
    with pytest.raises(DatabaseError):
        answering.take(surveys["nguoi-hoc"], _person("hv-1"), [])
    assert not Answered.objects.exists()


def test_results_are_hidden_until_five_answered(surveys: dict[str, Any]) -> None:
    survey, client = surveys["nguoi-hoc"], signed_in("quantri")
    answer_as(survey, 4, "5", "Ý kiến")
    for address in (RESULTS, f"{RESULTS}?tep=csv"):
        page = client.get(address)
        assert page["Content-Type"].startswith("text/html")
        assert "Ý kiến" not in page.content.decode()
        assert "<svg" not in page.content.decode()
    answer_as(survey, 1, "1", "Góp ý")
    page = client.get(RESULTS).content.decode()
    assert "Ý kiến 3" in page
    assert "<strong>4,2</strong>/5" in page
    assert '<rect width="80.0"' in page
    assert "style=" not in page


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_results_are_exported_and_words_are_no_formulas(surveys: dict[str, Any], kind: str, begins: bytes) -> None:
    import tablib

    answer_as(surveys["nguoi-hoc"], 5, "3", "=HYPERLINK(1)")
    content = signed_in("quantri").get(f"{RESULTS}?tep={kind}").content
    assert content.startswith(begins)
    table = tablib.Dataset().load(content if kind == "xlsx" else content.decode("utf-8-sig"), format=kind)
    assert "'=HYPERLINK(1) 0" in {row[2] for row in table}
    assert not [cell for row in table for cell in row if str(cell).startswith("=")]


@pytest.mark.parametrize("username", ["hv-1", "gv-1"])
def test_only_organisers_see_results_and_edit(surveys: dict[str, Any], username: str) -> None:
    client = signed_in(username)
    for address in (RESULTS, EDIT):
        assert client.get(address).status_code == 403
    assert client.post(EDIT, {}).status_code == 403
    assert client.post(f"{PAGE}tao/").status_code == 403


def test_an_outsider_sees_no_survey(surveys: dict[str, Any]) -> None:
    from lophoc.accounts.models import User

    User.objects.create(username="nguoi-ngoai")
    assert signed_in("nguoi-ngoai").get(PAGE).status_code == 403


def _sent(survey: Any, **changes: str) -> dict[str, Any]:
    """What the form of editing sends when nothing is changed."""
    sent: dict[str, Any] = {"opens": str(survey.opens), "closes": str(survey.closes)}
    questions = list(survey.questions.all())
    for at, each in enumerate(questions):
        names = ("number", "section", "kind", "text", "choices")
        sent |= {f"cau-{at}-{name}": getattr(each, name) for name in names} | {f"cau-{at}-id": each.pk}
    return {**sent, "cau-TOTAL_FORMS": len(questions), "cau-INITIAL_FORMS": len(questions), **changes}


def test_questions_are_edited_until_the_survey_opens(surveys: dict[str, Any]) -> None:
    from lophoc.surveys.models import Survey

    survey = surveys["nguoi-hoc"]
    Survey.objects.update(opens=TODAY + timedelta(3), closes=TODAY + timedelta(9))
    survey.refresh_from_db()
    client = signed_in("quantri")
    assert client.post(EDIT, _sent(survey, **{"cau-0-text": "Câu mới?"})).status_code == 302
    assert survey.questions.first().text == "Câu mới?"
    wrong = {"cau-0-kind": "choice", "cau-0-choices": "một"}
    assert client.post(EDIT, _sent(survey, **wrong)).status_code == 200
    Survey.objects.update(opens=TODAY)
    survey.refresh_from_db()
    client.post(EDIT, _sent(survey, **{"cau-0-text": "Sửa sau?", "opens": str(TODAY + timedelta(5))}))
    survey.refresh_from_db()
    assert survey.opens == TODAY
    assert survey.questions.first().text == "Câu mới?"


def test_an_organiser_makes_the_surveys_of_a_course_that_has_none(course: Any) -> None:
    from lophoc.surveys.models import Survey

    Survey.objects.all().delete()
    assert signed_in("quantri").post(f"{PAGE}tao/").status_code == 302
    assert Survey.objects.count() == 2
    signed_in("quantri").post(f"{PAGE}tao/")
    assert Survey.objects.count() == 2


def test_a_bundle_brings_its_own_questions_and_loading_again_changes_nothing(course: Any) -> None:
    from lophoc.surveys.load import load
    from lophoc.surveys.models import Question, Survey

    Survey.objects.all().delete()
    asked = {
        "learners": [
            {"section": "content", "kind": "likert", "text": "Hài lòng?"},
            {"section": "system", "kind": "choice", "text": "Máy nào?", "choices": ["Điện thoại", "Máy tính"]},
        ]
    }
    load(course, asked)
    load(course, asked)
    mine = Question.objects.filter(survey__audience="nguoi-hoc")
    assert [(each.text, list(each.options.values())[:2]) for each in mine][1] == (
        "Máy nào?",
        ["Điện thoại", "Máy tính"],
    )
    assert mine.count() == 2
    assert Question.objects.filter(survey__audience="nguoi-day").count() > 5


def test_the_load_test_answers_a_survey_of_its_own(surveys: dict[str, Any], course: Any) -> None:
    from lophoc.operations.load_test import prepare
    from lophoc.surveys.load import for_load_test

    prepare(course, 1, 1, "mat-khau-thu-tai")
    own = for_load_test(course)
    client = signed_in("thutai-00001")
    assert client.post(PAGE, answers(own)).status_code == 302
    own.refresh_from_db()
    surveys["nguoi-hoc"].refresh_from_db()
    assert (own.answered, surveys["nguoi-hoc"].answered) == (1, 0)


def test_pages_ask_the_database_a_bounded_number_of_times(surveys: dict[str, Any]) -> None:
    survey = surveys["nguoi-hoc"]
    answer_as(survey, 5)

    def queries(username: str, address: str, data: Any = None) -> int:
        client = signed_in(username)
        with CaptureQueriesContext(connection) as captured:
            client.post(address, data) if data else client.get(address)
        return len(captured)

    queries("quantri", RESULTS)  # what is cached from now on
    few = queries("quantri", RESULTS)
    assert queries("hv-1", PAGE) <= 8
    assert queries("hv-1", PAGE, answers(survey)) <= 20
    answer_as(survey, 60, "3", "Lời")
    assert queries("quantri", RESULTS) == few <= 10
    assert queries("hv-2", PAGE) <= 8
    assert queries("hv-2", PAGE, answers(survey)) <= 20
