"""The addresses of this room."""

from django.urls import path

from lophoc.catalogue import manage, views

_COURSE = "khoa-hoc/<slug:slug>/"

urlpatterns = [
    path("", views.course_list, name="course_list"),
    path("tao-khoa-hoc/", manage.course_new, name="course_new"),
    path(f"{_COURSE}quan-ly/", manage.course_manage, name="course_manage"),
    path(f"{_COURSE}quan-ly/mo/", manage.course_open, name="course_open"),
    path(f"{_COURSE}quan-ly/dong/", manage.course_close, name="course_close"),
    path(f"{_COURSE}quan-ly/hoc-phan/", manage.course_units, name="course_units"),
    path(f"{_COURSE}quan-ly/hoc-phan/them/", manage.course_add_units, name="course_add_units"),
    path(f"{_COURSE}quan-ly/lop/", manage.course_classes, name="course_classes"),
    path(f"{_COURSE}quan-ly/chep/", manage.course_copy, name="course_copy"),
    path(f"{_COURSE}ke-hoach/", views.plan, name="plan"),
    path(_COURSE, views.course_page, name="course"),
    path(f"{_COURSE}bai-hoc/<int:number>/", views.lesson_page, name="lesson"),
    path(f"{_COURSE}bai-hoc/<int:number>/hoan-thanh/", views.lesson_done, name="lesson_done"),
]
