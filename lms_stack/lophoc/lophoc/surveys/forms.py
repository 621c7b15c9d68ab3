"""The form that a survey is answered with, and those that its questions are edited with."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from lophoc.surveys.models import Question, Survey


class AnswerForm(forms.Form):
    """One field for each question; only words may be left out."""

    def __init__(self, questions: Iterable[Question], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.questions = list(questions)
        for each in self.questions:
            self.fields[f"cau-{each.pk}"] = _field(each)

    def sections(self) -> list[tuple[str, list[Any]]]:
        """The fields under the heading of their section."""
        groups = groupby(self.questions, lambda each: each.get_section_display())
        return [(heading, [self[f"cau-{each.pk}"] for each in group]) for heading, group in groups]

    @property
    def answers(self) -> list[tuple[Question, str]]:
        """What was answered, question by question."""
        sent = [(each, self.cleaned_data[f"cau-{each.pk}"]) for each in self.questions]
        return [(each, answer) for each, answer in sent if answer]


def _field(question: Question) -> forms.Field:
    if question.kind == Question.Kind.TEXT:
        widget = forms.Textarea({"rows": 3})
        return forms.CharField(label=question.text, max_length=2000, required=False, widget=widget)
    return forms.ChoiceField(label=question.text, choices=list(question.options.items()), widget=forms.RadioSelect)


_DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class SurveyForm(forms.ModelForm[Survey]):
    """When a survey is open."""

    class Meta:
        model = Survey
        fields = ("opens", "closes")
        widgets = {"opens": _DAY, "closes": _DAY}  # noqa: RUF012 - Django's way

    def clean(self) -> dict[str, Any]:
        """It closes after it opens; what was opened stays so."""
        sent = super().clean() or {}
        if "opens" in sent and "closes" in sent and sent["opens"] > sent["closes"]:
            raise ValidationError(_("Ngày đóng phải sau ngày mở."))
        return sent


class QuestionForm(forms.ModelForm[Question]):
    """One question."""

    class Meta:
        model = Question
        fields = ("number", "section", "kind", "text", "choices")
        widgets = {"choices": forms.Textarea({"rows": 3})}  # noqa: RUF012 - Django's way

    def clean(self) -> dict[str, Any]:
        """Something can be chosen where one is asked to choose."""
        sent = super().clean() or {}
        lines = [line for line in sent.get("choices", "").splitlines() if line.strip()]
        if sent.get("kind") == Question.Kind.CHOICE and not 2 <= len(lines) <= 20:
            self.add_error("choices", _("Hãy viết từ 2 đến 20 lựa chọn, mỗi dòng một lựa chọn."))
        return sent


QuestionFormSet = forms.inlineformset_factory(Survey, Question, form=QuestionForm, extra=2, can_delete=True)
