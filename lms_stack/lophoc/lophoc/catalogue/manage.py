"""The organisers' pages of a course: making, changing, filling, opening, stopping and copying it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lophoc.accounts.rights import Right, requires
from lophoc.catalogue.closing import day_of_deletion, stop
from lophoc.catalogue.copying import copied
from lophoc.catalogue.forms import AddUnitsForm, ClassFormSet, CopyForm, CourseForm, UnitFormSet
from lophoc.catalogue.models import Course
from lophoc.catalogue.opening import obstacles
from lophoc.catalogue.structure import forget
from lophoc.classes.access import Access, organiser
from lophoc.operations.request_class import request_class

_FORM = ("GET", "HEAD", "POST")


def organised(request: HttpRequest, slug: str) -> tuple[Course, Access]:
    """A course as it is stored, and the rights in it of an organiser.

    :raises PermissionDenied: who asks is none.
    """
    course = get_object_or_404(Course, slug=slug)
    return course, organiser(request.user, course)


def _changed(request: HttpRequest, course: Course, said: str, to: str = "course_manage") -> HttpResponse:
    forget(course.slug)
    messages.success(request, said)
    return redirect(to, course.slug)


@request_class("staff_page")
@require_http_methods(_FORM)
@requires(Right.ORGANISE)
def course_new(request: HttpRequest) -> HttpResponse:
    """Make a course; it isn't open."""
    form = CourseForm(request.POST or None, instance=Course(is_open=False))
    if request.method == "POST" and form.is_valid():
        return _changed(request, form.save(), _("Đã tạo khoá học. Hãy chọn học liệu."), "course_units")
    return render(request, "catalogue/course_new.html", {"form": form})


@request_class("staff_page")
@require_http_methods(_FORM)
@login_required
def course_manage(request: HttpRequest, slug: str) -> HttpResponse:
    """A course's dates and plan, what hinders its opening, and the ways to the other pages."""
    course, right = organised(request, slug)
    form = CourseForm(request.POST or None, instance=course)
    if request.method == "POST" and form.is_valid():
        form.save()
        Course.objects.filter(pk=course.pk).update(deletion_told=None)
        return _changed(request, course, _("Đã lưu."))
    hindered = [] if course.is_open else obstacles(course)
    context = {"course": course, "access": right, "form": form, "obstacles": hindered}
    return render(request, "catalogue/course_manage.html", {**context, "deletion": day_of_deletion(course)})


@request_class("staff_page")
@require_POST
@login_required
def course_open(request: HttpRequest, slug: str) -> HttpResponse:
    """Open a course, if all its materials are approved and have a licence."""
    course, _right = organised(request, slug)
    if hindered := obstacles(course):
        for each in hindered:
            messages.error(request, each)
        return redirect("course_manage", slug)
    course.is_open = True
    course.save(update_fields=("is_open",))
    return _changed(request, course, _("Khoá học đã mở trong thời gian của kế hoạch."))


@request_class("staff_page")
@require_POST
@login_required
def course_close(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop taking anything from learners."""
    course, _right = organised(request, slug)
    stop(course)
    return _changed(request, course, _("Khoá học đã đóng; người học còn đọc được học liệu."))


@request_class("staff_page")
@require_http_methods(_FORM)
@login_required
@transaction.atomic
def course_units(request: HttpRequest, slug: str) -> HttpResponse:
    """Order, name and remove units, and say what is required, due and online."""
    course, right = organised(request, slug)
    units = UnitFormSet(request.POST or None, instance=course)
    if request.method == "POST" and units.is_valid():
        units.save()
        return _changed(request, course, _("Đã lưu."), "course_units")
    context = {"course": course, "access": right, "units": units, "adding": AddUnitsForm(course)}
    return render(request, "catalogue/course_units.html", context)


@request_class("staff_page")
@require_POST
@login_required
@transaction.atomic
def course_add_units(request: HttpRequest, slug: str) -> HttpResponse:
    """Add approved materials at the end."""
    course, _right = organised(request, slug)
    form = AddUnitsForm(course, request.POST)
    if form.is_valid():
        form.save()
        return _changed(request, course, _("Đã thêm học liệu vào khoá học."), "course_units")
    messages.error(request, _("Chỉ thêm được học liệu đã thẩm định và rõ giấy phép."))
    return redirect("course_units", slug)


@request_class("staff_page")
@require_http_methods(_FORM)
@login_required
@transaction.atomic
def course_classes(request: HttpRequest, slug: str) -> HttpResponse:
    """A course's classes with their instructors and advisers."""
    course, right = organised(request, slug)
    own = course.classes.filter(is_load_test=False, is_trial=False).select_related("instructor")
    classes = ClassFormSet(request.POST or None, instance=course, queryset=own.prefetch_related("advisers"))
    if request.method == "POST" and classes.is_valid():
        classes.save()
        return _changed(request, course, _("Đã lưu."), "course_classes")
    return render(request, "catalogue/course_classes.html", {"course": course, "access": right, "classes": classes})


@request_class("staff_page")
@require_http_methods(_FORM)
@login_required
def course_copy(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold a course again: another code, dates shifted, nobody in it."""
    course, right = organised(request, slug)
    form = CopyForm(request.POST or None, initial={"title": course.title})
    if request.method == "POST" and form.is_valid():
        made = copied(course, form.cleaned_data["slug"], form.cleaned_data["title"], form.opens_on)
        return _changed(request, made, _("Đã chép khoá học. Hãy kiểm tra lại ngày tháng."))
    return render(request, "catalogue/course_copy.html", {"course": course, "access": right, "form": form})
