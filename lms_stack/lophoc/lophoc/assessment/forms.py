"""What people write: essays, questions, how a quiz is taken, rubrics, marks. Files are judged by their content."""

from pathlib import PurePath
from typing import Any, ClassVar
from zipfile import BadZipFile, ZipFile

import filetype
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lophoc.assessment import wording
from lophoc.assessment.models import Criterion, EssayRules, Question, Quiz
from lophoc.content.models import Material

#: What may be handed in, by the ending of its name: what an office file of the kind holds; a PDF file is no archive.
TAKEN = {".pdf": "", ".docx": "word/document.xml", ".odt": "content.xml"}
_MOMENT = {"type": "datetime-local"}


def _is_what_it_says(file: "UploadedFile[Any]", ending: str) -> bool:
    part = TAKEN[ending]
    try:
        kind = filetype.guess(file.read(8192))
        file.seek(0)
        held = part in ZipFile(file).namelist() if part else kind is not None and kind.extension == "pdf"
    except BadZipFile:
        return False
    finally:
        file.seek(0)
    return held


class EssayForm(forms.Form):
    """One file, or a text."""

    file = forms.FileField(
        label=gettext_lazy("Tệp bài luận (PDF, DOCX hoặc ODT, tối đa 20 MB)"), max_length=180, required=False
    )
    text = forms.CharField(
        label=gettext_lazy("Hoặc viết bài vào đây"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
    )

    def clean_file(self) -> "UploadedFile[Any] | None":
        """Refuse what is too large, of another kind, or not what its name says."""
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if not file:
            return None
        ending = PurePath(file.name or "").suffix.lower()
        if ending not in TAKEN:
            raise forms.ValidationError(_("Chỉ nhận tệp PDF, DOCX hoặc ODT."))
        if (file.size or 0) > settings.ESSAY_BYTES:
            raise forms.ValidationError(_("Tệp lớn hơn 20 MB."))
        if not _is_what_it_says(file, ending):
            raise forms.ValidationError(_("Nội dung tệp không đúng với phần mở rộng của tên tệp."))
        return file

    def clean(self) -> dict[str, Any]:
        """Something must be handed in."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Hãy chọn tệp hoặc viết bài trước khi nộp."))
        return cleaned


class QuestionForm(forms.ModelForm[Question]):
    """A question as it is written in a form or in the cells of a table; of one in use only key and explanation."""

    choices = forms.CharField(
        label=gettext_lazy("Lựa chọn, mỗi dòng một lựa chọn (ghép đôi: vế trái)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    answer = forms.CharField(
        label=gettext_lazy("Đáp án"),
        help_text=gettext_lazy(
            "Lựa chọn: số thứ tự, như 2 hoặc 1, 3. Ghép đôi: vế phải, mỗi dòng một vế, theo thứ tự của vế trái. "
            "Trả lời ngắn: mỗi dòng một đáp án được chấp nhận. Số: như 6 ± 0,5."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    points = forms.FloatField(label=gettext_lazy("Điểm"), min_value=0.01, initial=1.0, required=False)

    class Meta:
        model = Question
        fields = (
            "subject",
            "label",
            "material",
            "number",
            "kind",
            "text",
            "image",
            "choices",
            "answer",
            "points",
            "feedback",
        )
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 4}), "feedback": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        materials: Any = self.fields["material"]
        materials.queryset = Material.objects.filter(kind=Material.Kind.QUIZ, live=False)
        self.fields["number"].required = False
        if self.instance.pk:
            self.initial["choices"] = "\n".join(self.instance.choices)
            self.initial["answer"] = self.instance.written_key
            if not self.instance.is_draft:
                for name in self.fields.keys() - {"answer", "feedback"}:
                    self.fields[name].disabled = True
                materials.queryset = Material.objects.filter(pk__in=[self.instance.material_id])

    def clean_choices(self) -> list[str]:
        """The choices, one a line."""
        return wording.lines(self.cleaned_data["choices"])

    def clean_number(self) -> int:
        """The place in its material; without one it comes first."""
        return int(self.cleaned_data["number"] or 1)

    def clean_points(self) -> float:
        """One point, where nothing is said."""
        return float(self.cleaned_data["points"] or 1.0)

    def clean(self) -> dict[str, Any]:
        """What the key means, by kind and choices."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                cleaned["answer"] = wording.key(cleaned["kind"], cleaned["choices"], cleaned["answer"])
            except forms.ValidationError as fault:
                self.add_error("answer", fault)
        return cleaned


class QuestionTable(forms.Form):
    """A table of questions."""

    file = forms.FileField(label=gettext_lazy("Bảng câu hỏi (XLSX hoặc CSV)"), max_length=180)


class QuizForm(forms.ModelForm[Quiz]):
    """How a quiz is taken."""

    draws = forms.CharField(
        label=gettext_lazy("Rút ngẫu nhiên"),
        help_text=gettext_lazy(
            "Mỗi dòng một nhãn của ngân hàng câu hỏi và số câu, như “ICT: 5”. Nhãn * là các câu hỏi riêng của bài này."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    class Meta:
        model = Quiz
        fields = (
            "time_limit",
            "attempts",
            "opens",
            "closes",
            "passing",
            "shows",
            "shuffle_questions",
            "shuffle_choices",
            "draws",
        )
        widgets: ClassVar = {
            name: forms.DateTimeInput(attrs=_MOMENT, format="%Y-%m-%dT%H:%M") for name in ("opens", "closes")
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial["draws"] = wording.written_pairs(
            (draw.get("label") or "*", draw["count"]) for draw in self.instance.draws
        )

    def clean_draws(self) -> list[dict[str, Any]]:
        """As it is stored."""
        rows = wording.pairs(self.cleaned_data["draws"])
        if any(count < 1 or count != int(count) for _label, count in rows):
            raise forms.ValidationError(_("Số câu phải là số nguyên từ 1 trở lên."))
        return [{"count": int(count), **({} if label == "*" else {"label": label})} for label, count in rows]

    def clean(self) -> dict[str, Any]:
        """A window ends after it begins."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("opens") and cleaned.get("closes") and cleaned["opens"] >= cleaned["closes"]:
            self.add_error("closes", _("Lúc đóng phải sau lúc mở."))
        return cleaned


class EssayRulesForm(forms.ModelForm[EssayRules]):
    """How an essay is taken."""

    class Meta:
        model = EssayRules
        fields = ("points", "late_until", "late_penalty")
        widgets: ClassVar = {"late_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class CriterionForm(forms.ModelForm[Criterion]):
    """One line of a rubric."""

    levels = forms.CharField(
        label=gettext_lazy("Các mức, mỗi dòng một mức, như “Tốt: 3”"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = Criterion
        fields = ("number", "title", "points", "levels")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial["levels"] = wording.written_pairs(
            (level["title"], level["points"]) for level in self.instance.levels
        )

    def clean_levels(self) -> list[dict[str, Any]]:
        """As it is stored."""
        return [{"title": title, "points": points} for title, points in wording.pairs(self.cleaned_data["levels"])]


class MarkForm(forms.Form):
    """Points and a comment for each criterion, or for the whole where there is no rubric, and one on the whole."""

    comment = forms.CharField(
        label=gettext_lazy("Nhận xét chung"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    reason = forms.CharField(label=gettext_lazy("Lý do chấm lại"), max_length=300, required=False)

    def __init__(self, *args: Any, criteria: list[Criterion], regrade: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        self.criteria = criteria
        for each in criteria:
            self.fields[f"points-{each.number}"] = forms.FloatField(
                label=_("%(title)s (tối đa %(points)g điểm)") % {"title": each.title, "points": each.points},
                help_text=wording.written_pairs((level["title"], level["points"]) for level in each.levels),
                min_value=0.0,
                max_value=each.points,
            )
            self.fields[f"comment-{each.number}"] = forms.CharField(
                label=_("Nhận xét: %s") % each.title, max_length=2000, required=False
            )
        if regrade:
            self.fields["reason"].required = True
        else:
            del self.fields["reason"]
        self.order_fields([name for name in self.fields if name not in {"comment", "reason"}])

    @property
    def detail(self) -> list[dict[str, Any]]:
        """What was given for each criterion."""
        return [
            {
                "title": each.title,
                "points": self.cleaned_data[f"points-{each.number}"],
                "of": each.points,
                "comment": self.cleaned_data[f"comment-{each.number}"],
            }
            for each in self.criteria
        ]


class GradeForm(forms.Form):
    """A grade given by hand: for a test held in a room, or instead of what was computed."""

    points = forms.FloatField(label=gettext_lazy("Điểm"), min_value=0.0)
    of = forms.FloatField(label=gettext_lazy("Trên"), min_value=0.01, initial=10)
    comment = forms.CharField(label=gettext_lazy("Nhận xét"), max_length=2000, required=False)
    reason = forms.CharField(label=gettext_lazy("Lý do"), max_length=300)

    def clean(self) -> dict[str, Any]:
        """No more than there is."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and cleaned["points"] > cleaned["of"]:
            self.add_error("points", _("Điểm không được lớn hơn thang điểm."))
        return cleaned


class RegradeForm(forms.Form):
    """Why a quiz is scored anew."""

    reason = forms.CharField(label=gettext_lazy("Lý do chấm lại"), max_length=300)
