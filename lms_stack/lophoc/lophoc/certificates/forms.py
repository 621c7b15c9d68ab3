"""The organiser's forms."""

from django import forms
from django.utils.translation import gettext_lazy as _

from lophoc.certificates.models import Issuing


class IssuingForm(forms.ModelForm[Issuing]):
    """How the certificates of a course are worded."""

    class Meta:
        model = Issuing
        exclude = ("course",)
        widgets = {"issued_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}  # noqa: RUF012 - Django's way


class RevocationForm(forms.Form):
    """Why a certificate is taken back."""

    because = forms.CharField(
        label=_("Lý do thu hồi"),
        help_text=_("Trang xác minh công khai cho mọi người đọc lý do này: đừng ghi điều riêng tư."),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )
