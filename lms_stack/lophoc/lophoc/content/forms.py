"""The appraiser's checklist."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.forms import TaskStateCommentForm

CRITERIA = {
    "correct": _("Nội dung chính xác"),
    "up_to_date": _("Cập nhật"),
    "fits_programme": _("Phù hợp chương trình"),
    "pedagogy": _("Phương pháp sư phạm"),
    "language": _("Ngôn ngữ"),
    "technical_quality": _("Chất lượng kỹ thuật"),
    "rights": _("Bản quyền"),
}
_ANSWERS = (("yes", _("đạt")), ("no", _("chưa đạt")))


class AppraisalForm(TaskStateCommentForm):
    """Each criterion is met or not, with a remark; `approving` asks that all are met."""

    approving = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in CRITERIA.items():
            self.fields[name] = forms.ChoiceField(label=label, choices=_ANSWERS, widget=forms.RadioSelect)
            self.fields[f"{name}_remark"] = forms.CharField(label=_("Nhận xét"), required=False, max_length=500)
        self.fields["comment"] = forms.CharField(
            label=_("Nhận xét chung"), required=not self.approving, widget=forms.Textarea({"rows": 2})
        )

    def clean(self) -> dict[str, Any]:
        """What is approved meets every criterion."""
        given = super().clean() or {}
        failed = [str(label) for name, label in CRITERIA.items() if given.get(name) == "no"]
        if self.approving and failed:
            raise ValidationError(_("Chưa thể duyệt khi còn mục chưa đạt: %s.") % ", ".join(failed))
        return given


class ApprovalForm(AppraisalForm):
    """The checklist of an approval."""

    approving = True


def form_for(action: str) -> type[AppraisalForm]:
    """The form that goes with an action of the workflow."""
    return ApprovalForm if action == "approve" else AppraisalForm


def checklist_of(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The answers as they are kept: by criterion, whether it is met, and the remark."""
    return {
        name: {"met": given[name] == "yes", "remark": given.get(f"{name}_remark", "")}
        for name in CRITERIA
        if name in given
    }
