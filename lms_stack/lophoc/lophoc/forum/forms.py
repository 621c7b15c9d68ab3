"""What the forum takes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lophoc.classes.audience import ClassField
from lophoc.classes.models import Class


class PostForm(forms.Form):
    """A reply."""

    body = forms.CharField(label=_("Nội dung"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 5}))


class TopicForm(PostForm):
    """A new topic and its first post, for the whole course or one of these classes."""

    title = forms.CharField(label=_("Chủ đề"), max_length=200)
    field_order = ("title", "klass", "body")

    def __init__(self, *args: Any, classes: Iterable[Class] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["klass"] = ClassField(classes, whole=True)
        self.order_fields(self.field_order)
