"""The addresses of this room."""

from django.urls import path

from lophoc.surveys import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/khao-sat/", views.survey, name="survey"),
    path("khoa-hoc/<slug:slug>/khao-sat/tao/", views.survey_new, name="survey_new"),
    path("khoa-hoc/<slug:slug>/khao-sat/<slug:audience>/sua/", views.survey_edit, name="survey_edit"),
    path("khoa-hoc/<slug:slug>/khao-sat/<slug:audience>/ket-qua/", views.survey_results, name="survey_results"),
]
