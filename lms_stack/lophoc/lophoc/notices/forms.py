"""What this room takes."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lophoc.accounts.models import User
from lophoc.classes.access import Access
from lophoc.classes.audience import ClassField
from lophoc.classes.models import Class, Enrolment
from lophoc.notices.models import Announcement


class AnnouncementForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own classes take no parameter at run time
    """An announcement; only organisers address the whole course, or oblige people to read."""

    class Meta:
        model = Announcement
        fields = ("title", "body", "is_pinned", "is_mandatory")

    def __init__(self, data: Mapping[str, Any] | None, *, classes: Iterable[Class], organises: bool) -> None:
        super().__init__(data)
        self.fields["klass"] = ClassField(classes, whole=organises)
        self.order_fields(("klass", *self.Meta.fields))
        if not organises:
            del self.fields["is_mandatory"]


class MessageForm(forms.Form):
    """A message in a conversation."""

    body = forms.CharField(label=_("Nội dung"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}))


class QuestionForm(MessageForm):
    """The first message of a conversation."""

    subject = forms.CharField(label=_("Chủ đề"), max_length=200)
    field_order = ("to", "subject", "body")


class ToStaffForm(QuestionForm):
    """From a learner to one of those who teach or advise the class."""

    def __init__(self, *args: Any, right: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {str(each.pk): each for each in _staff_of(right.learns_in)}
        choices = [(key, str(each)) for key, each in self._people.items()]
        self.fields["to"] = forms.ChoiceField(label=_("Gửi tới"), choices=choices)
        self.order_fields(self.field_order)

    def clean_to(self) -> User:
        """The person."""
        return self._people[self.cleaned_data["to"]]


def _staff_of(klass: Class | None) -> list[User]:
    if klass is None:
        return []
    advisers = list(klass.advisers.filter(is_active=True))
    instructor = klass.instructor if klass.instructor and klass.instructor.is_active else None
    return ([instructor] if instructor else []) + [each for each in advisers if each != instructor]


class ToLearnerForm(QuestionForm):
    """To a learner of one's own classes. A class can have thousands, so the user name is typed, not chosen."""

    to = forms.CharField(label=_("Tên đăng nhập của học viên"), max_length=150)

    def __init__(self, *args: Any, classes: Iterable[Class], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._classes = list(classes)

    def clean_to(self) -> User:
        """The person.

        :raises ValidationError: nobody of that name learns in these classes.
        """
        there = Enrolment.objects.filter(klass__in=self._classes, learner__username=self.cleaned_data["to"].strip())
        found = there.select_related("learner").first()
        if found is None:
            raise forms.ValidationError(_("Không có học viên này trong các lớp của bạn."))
        return found.learner
