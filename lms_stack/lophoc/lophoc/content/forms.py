"""The builder's form of a material, and the appraiser's checklist."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

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


class MaterialForm(WagtailAdminModelForm):  # type: ignore[misc]  # wagtail has no types
    """A material in Wagtail's editor; who makes it is noted."""

    def clean(self) -> dict[str, Any]:
        """A package is one that can be played."""
        given: dict[str, Any] = super().clean()
        if given.get("kind") == "package" and "package" in self.changed_data and not self.errors:
            self._check_package(given["package"])
        return given

    def _check_package(self, upload: Any) -> None:
        from lophoc.packages.intake import check  # noqa: PLC0415 - packages are made from materials

        try:
            check(upload)
        except ValidationError as error:
            self.add_error("package", error)

    def save(self, commit: bool = True) -> Any:
        """Note the maker with the first version."""
        if not self.instance.pk:
            self.instance.created_by = self.for_user
        return super().save(commit=commit)


class AppraisalForm(forms.Form):
    """Each criterion is met or not, with a remark; what is approved meets all of them."""

    decision = forms.ChoiceField(
        label=_("Kết luận"), choices=(("approve", _("Duyệt")), ("reject", _("Trả lại"))), widget=forms.RadioSelect
    )
    comment = forms.CharField(label=_("Nhận xét chung"), required=False, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in CRITERIA.items():
            self.fields[name] = forms.ChoiceField(label=label, choices=_ANSWERS, widget=forms.RadioSelect)
            self.fields[f"{name}_remark"] = forms.CharField(
                label=_("Nhận xét: %s") % label, required=False, max_length=500
            )
        self.order_fields([*(each for each in self.fields if each not in {"decision", "comment"}), "decision"])

    def clean(self) -> dict[str, Any]:
        """What is approved meets every criterion; what is returned says why."""
        given = super().clean() or {}
        failed = [str(label) for name, label in CRITERIA.items() if given.get(name) == "no"]
        if given.get("decision") == "approve" and failed:
            raise ValidationError(_("Chưa thể duyệt khi còn mục chưa đạt: %s.") % ", ".join(failed))
        if given.get("decision") == "reject" and not given.get("comment"):
            self.add_error("comment", _("Hãy ghi lý do trả lại."))
        return given


class WithdrawalForm(forms.Form):
    """Why a material is withdrawn."""

    because = forms.CharField(label=_("Lý do rút"), max_length=500, widget=forms.Textarea({"rows": 3}))


def checklist_of(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The answers as they are kept: by criterion, whether it is met, and the remark."""
    return {name: {"met": given[name] == "yes", "remark": given[f"{name}_remark"]} for name in CRITERIA}
