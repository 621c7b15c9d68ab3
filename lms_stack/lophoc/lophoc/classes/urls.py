"""The addresses of this room."""

from django.urls import path

from lophoc.classes import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/so-diem/", views.gradebook, name="gradebook"),
    path("khoa-hoc/<slug:slug>/tien-do/<int:learner_id>/", views.learner_progress, name="learner_progress"),
    path("khoa-hoc/<slug:slug>/ket-qua/", views.my_results, name="my_results"),
    path("khoa-hoc/<slug:slug>/hoat-dong-nguoi-day/", views.instructor_activity, name="instructor_activity"),
    path("khoa-hoc/<slug:slug>/dieu-kien-hoan-thanh/", views.completion_settings, name="completion_settings"),
]
