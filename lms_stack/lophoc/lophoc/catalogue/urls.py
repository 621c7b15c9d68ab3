"""The addresses of this room."""

from django.urls import path

from lophoc.catalogue import views

urlpatterns = [
    path("", views.course_list, name="course_list"),
    path("khoa-hoc/<slug:slug>/", views.course_page, name="course"),
    path("khoa-hoc/<slug:slug>/bai-hoc/<int:number>/", views.lesson_page, name="lesson"),
    path("khoa-hoc/<slug:slug>/bai-hoc/<int:number>/hoan-thanh/", views.lesson_done, name="lesson_done"),
]
