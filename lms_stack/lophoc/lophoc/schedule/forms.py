"""What this room takes."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from lophoc.classes.audience import ClassField
from lophoc.classes.models import Class
from lophoc.schedule.models import Session

_MOMENT = "%Y-%m-%dT%H:%M"


class SessionForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own classes take no parameter at run time
    """A session; only organisers hold one for the whole course."""

    class Meta:
        model = Session
        fields = (
            *("kind", "title", "starts", "ends", "join_link", "recording_link"),
            *("place", "address", "counts", "is_cancelled"),
        )
        widgets: ClassVar = {
            name: forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT) for name in ("starts", "ends")
        }

    def __init__(
        self, data: Mapping[str, Any] | None, *, instance: Session, classes: Iterable[Class], organises: bool
    ) -> None:
        super().__init__(data, instance=instance, initial={"klass": instance.klass_id or ""})
        self.fields["klass"] = ClassField(classes, whole=organises)
        self.order_fields(("klass", *self.Meta.fields))

    def clean(self) -> dict[str, Any]:
        """A session ends after it begins; one in a room has a place."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("starts") and given.get("ends") and given["ends"] <= given["starts"]:
            self.add_error("ends", _("Giờ kết thúc phải sau giờ bắt đầu."))
        if given.get("kind") == Session.Kind.ROOM and not given.get("place"):
            self.add_error("place", _("Buổi học tập trung phải có địa điểm."))
        return given

    def save(self, commit: bool = True) -> Any:
        """Keep it, for its class."""
        self.instance.klass_id = self.cleaned_data["klass"]
        return super().save(commit)
