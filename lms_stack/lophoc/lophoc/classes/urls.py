"""The addresses of this room."""

from django.urls import path

from lophoc.classes import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/so-diem/", views.gradebook, name="gradebook"),
]
