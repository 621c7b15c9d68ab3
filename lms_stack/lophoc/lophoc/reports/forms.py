"""What the organiser fills in for the report to the Ministry, and what the log can be narrowed by."""

from typing import Any

import django_filters
from auditlog.models import LogEntry
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lophoc.reports.acts import ACTIONS

_DAY = {"type": "date"}


class MinistryForm(forms.Form):
    """The period, the head and the foot of the report, and what only people can say."""

    begins = forms.DateField(label=gettext_lazy("Từ ngày"), widget=forms.DateInput(_DAY, format="%Y-%m-%d"))
    ends = forms.DateField(label=gettext_lazy("Đến ngày"), widget=forms.DateInput(_DAY, format="%Y-%m-%d"))
    organiser = forms.ChoiceField(label=gettext_lazy("Đơn vị báo cáo"))
    parent_body = forms.CharField(label=gettext_lazy("Cơ quan chủ quản"), max_length=200, required=False)
    number = forms.CharField(label=gettext_lazy("Số"), max_length=50, required=False)
    place = forms.CharField(label=gettext_lazy("Nơi lập"), max_length=100, required=False)
    signer_title = forms.CharField(label=gettext_lazy("Chức vụ người ký"), max_length=150, required=False)
    signer_name = forms.CharField(label=gettext_lazy("Họ và tên người ký"), max_length=150, required=False)
    difficulties = forms.CharField(
        label=gettext_lazy("Khó khăn, vướng mắc"), max_length=5000, required=False, widget=forms.Textarea({"rows": 4})
    )
    proposals = forms.CharField(
        label=gettext_lazy("Đề xuất, kiến nghị"), max_length=5000, required=False, widget=forms.Textarea({"rows": 4})
    )

    def __init__(self, organisers: list[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organiser"].choices = [(name, name) for name in organisers]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A period ends after it begins."""
        sent = super().clean() or {}
        if "begins" in sent and "ends" in sent and sent["begins"] > sent["ends"]:
            raise ValidationError(_("Ngày cuối kỳ phải sau ngày đầu kỳ."))
        return sent


def _logged(_request: Any) -> Any:
    return ContentType.objects.filter(pk__in=LogEntry.objects.order_by().values("content_type").distinct())


class LogFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Who did what, to what, when."""

    nguoi = django_filters.CharFilter("actor__username", "icontains", label=gettext_lazy("Người làm (tên đăng nhập)"))
    viec = django_filters.ChoiceFilter("action", choices=list(ACTIONS.items()), label=gettext_lazy("Việc"))
    loai = django_filters.ModelChoiceFilter("content_type", queryset=_logged, label=gettext_lazy("Loại dữ liệu"))
    doi_tuong = django_filters.CharFilter("object_repr", "icontains", label=gettext_lazy("Đối tượng"))
    tu = django_filters.DateFilter(
        "timestamp", "date__gte", label=gettext_lazy("Từ ngày"), widget=forms.DateInput(_DAY)
    )
    den = django_filters.DateFilter(
        "timestamp", "date__lte", label=gettext_lazy("Đến ngày"), widget=forms.DateInput(_DAY)
    )

    class Meta:
        model = LogEntry
        fields = ()
