"""The organisers' forms: a course with its plan, its units, its classes, and a copy of it."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lophoc.assessment.models import Quiz
from lophoc.catalogue.models import Course, Unit
from lophoc.catalogue.opening import access_at_least_until
from lophoc.classes.models import Class
from lophoc.content.models import Material

#: How long a quiz takes whose material does not say.
QUIZ_MINUTES = 30


class Day(forms.DateInput):
    """A day, as browsers ask for it."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CourseForm(forms.ModelForm[Course]):
    """A course and its training plan (Article 9.1)."""

    class Meta:
        model = Course
        fields = (
            "title",
            "slug",
            "organiser",
            "summary",
            "form",
            "opens",
            "closes",
            "access_until",
            "self_registration",
            "plan",
            "information_system",
            "how_to_take_part",
        )
        widgets: ClassVar = {"opens": Day, "closes": Day, "access_until": Day, "summary": forms.Textarea({"rows": 3})}
        help_texts: ClassVar = {
            "slug": _("Chữ thường không dấu, số và dấu gạch ngang; là một phần của địa chỉ"),
            "access_until": _("Ít nhất sáu tháng sau ngày đóng; sau ngày này khoá học bị xoá"),
            "plan": _("Có thể dùng Markdown"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["slug"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Closing comes after opening, and reading goes on for six months (Article 10.8)."""
        given = super().clean() or {}
        opens, closes, until = (given.get(name) for name in ("opens", "closes", "access_until"))
        if opens and closes and closes < opens:
            self.add_error("closes", _("Ngày đóng phải sau ngày mở."))
        if closes and until and until < access_at_least_until(closes):
            least = access_at_least_until(closes).strftime("%d/%m/%Y")
            self.add_error("access_until", _("Học liệu phải đọc được ít nhất đến %s.") % least)
        return given


class UnitForm(forms.ModelForm[Unit]):
    """What a course says of one of its materials."""

    class Meta:
        model = Unit
        fields = ("number", "title", "minutes", "due", "required", "online")
        widgets: ClassVar = {"due": Day}


class _Units(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """The units of a course; what learners have worked in stays."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["number"].widget.attrs["min"] = 1

    def validate_unique(self) -> None:
        """Numbers may be swapped: they are given out anew in the order that was asked for."""

    def clean(self) -> None:
        """Nothing is removed in which a learner has done something."""
        for form in self.deleted_forms:
            if has_work(form.instance):
                raise ValidationError(_("Không bỏ được “%s”: đã có học viên làm ở học phần này.") % form.instance.title)

    def save(self, commit: bool = True) -> list[Unit]:
        """Store the units, numbered from 1 in the order of the numbers that were given."""
        for form in self.deleted_forms:
            form.instance.delete()
        kept = [form.instance for form in self.initial_forms if form not in self.deleted_forms]
        units = sorted((unit for unit in kept if unit.pk), key=lambda unit: unit.number)
        # Others may have been added meanwhile.
        units += self.instance.units.exclude(pk__in=[unit.pk for unit in units])
        _renumber(units)
        return units


def _renumber(units: list[Unit]) -> None:
    """Store the units with the numbers 1, 2 ... by way of numbers that none of them has."""
    for shift in (1_000_000, 0):
        for number, unit in enumerate(units, 1):
            unit.number = number + shift
            unit.save()


def has_work(unit: Unit) -> bool:
    """Whether anybody has done something in a unit."""
    kept = ("progress", "grades", "submission", "package_records")
    links = {each.get_accessor_name(): each for each in Unit._meta.related_objects}
    rows = [links[name] for name in (*kept, *(f"{name}_set" for name in kept)) if name in links]
    filters = [each.related_model._base_manager.filter(**{each.field.name: unit}) for each in rows]
    quiz = getattr(unit, "quiz", None)
    return any(found.exists() for found in filters) or (quiz is not None and quiz.attempt_set.exists())


UnitFormSet = forms.inlineformset_factory(Course, Unit, form=UnitForm, formset=_Units, extra=0, can_delete=True)


class AddUnitsForm(forms.Form):
    """Materials to add to a course: approved ones with a licence, not in it yet."""

    materials = forms.ModelMultipleChoiceField(
        Material.objects.none(), label=_("Học liệu"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, course: Course, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = course.units.exclude(material=None).values("material")
        self.fields["materials"].queryset = Material.objects.usable().exclude(pk__in=there).defer("body")  # type: ignore[attr-defined]
        self.course = course

    def save(self) -> None:
        """Add them at the end, in the order of their names."""
        last = self.course.units.order_by("-number").values_list("number", flat=True).first() or 0
        for number, material in enumerate(self.cleaned_data["materials"], last + 1):
            place(self.course, number, material)


def place(course: Course, number: int, material: Material) -> Unit:
    """Give a material a place in a course."""
    kind = material.kind if material.kind in Unit.Kind.values else Unit.Kind.LESSON
    unit = Unit.objects.create(
        course=course, number=number, material=material, kind=kind, title=material.title, minutes=material.minutes
    )
    if unit.kind == Unit.Kind.QUIZ:
        Quiz.objects.create(unit=unit, time_limit=material.minutes or QUIZ_MINUTES)
    return unit


class ClassForm(forms.ModelForm[Class]):
    """A class, its instructor and its advisers, by their user names."""

    instructor_name = forms.CharField(label=_("Người dạy (tên đăng nhập)"), required=False)
    adviser_names = forms.CharField(label=_("Cố vấn học tập (tên đăng nhập, cách nhau bằng dấu phẩy)"), required=False)

    class Meta:
        model = Class
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            teacher = self.instance.instructor
            self.initial["instructor_name"] = teacher.username if teacher else ""
            self.initial["adviser_names"] = ", ".join(each.username for each in self.instance.advisers.all())

    def clean_instructor_name(self) -> Any:
        """The person, or None."""
        found = _people(self.cleaned_data["instructor_name"])
        return found[0] if found else None

    def clean_adviser_names(self) -> list[Any]:
        """The people."""
        return _people(self.cleaned_data["adviser_names"])

    def save(self, commit: bool = True) -> Class:
        """Store the class and who looks after it."""
        self.instance.instructor = self.cleaned_data.get("instructor_name")
        saved = super().save(commit=commit)
        saved.advisers.set(self.cleaned_data.get("adviser_names") or [])
        return saved


def _people(names: str) -> list[Any]:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    found = {user.username: user for user in get_user_model().objects.filter(username__in=wanted, is_load_test=False)}
    if missing := [name for name in wanted if name not in found]:
        raise ValidationError(_("Không có tài khoản: %s.") % ", ".join(missing))
    return [found[name] for name in wanted]


class _Classes(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A course's own classes."""

    def clean(self) -> None:
        """A class with learners stays."""
        super().clean()
        for form in self.deleted_forms:
            if form.instance.enrolments.exists():
                raise ValidationError(_("Không bỏ được %s: lớp đã có học viên.") % form.instance)


ClassFormSet = forms.inlineformset_factory(Course, Class, form=ClassForm, formset=_Classes, extra=1, can_delete=True)


class CopyForm(forms.Form):
    """What a copy of a course is called, and when it opens."""

    title = forms.CharField(label=_("Tên"), max_length=300)
    slug = forms.SlugField(label=_("Mã"), max_length=50)
    opens = forms.DateField(label=_("Ngày mở"), widget=Day)

    def clean_slug(self) -> str:
        """No other course has it."""
        slug: str = self.cleaned_data["slug"]
        if Course.objects.filter(slug=slug).exists():
            raise ValidationError(_("Đã có khoá học mang mã này."))
        return slug

    @property
    def opens_on(self) -> date:
        """The first day of the copy."""
        opens: date = self.cleaned_data["opens"]
        return opens
