"""The addresses of this room."""

from django.urls import path

from lophoc.assessment import bank, essays, settings_views, views

_QUIZ = "khoa-hoc/<slug:slug>/bai-kiem-tra/<int:number>/"
_ESSAY = "khoa-hoc/<slug:slug>/bai-luan/<int:number>/"

urlpatterns = [
    path(_QUIZ, views.quiz_page, name="quiz"),
    path(f"{_QUIZ}bat-dau/", views.quiz_start, name="quiz_start"),
    path(f"{_QUIZ}thiet-lap/", settings_views.quiz_settings, name="quiz_settings"),
    path(f"{_QUIZ}cham-lai/", settings_views.quiz_regrade, name="quiz_regrade"),
    path("luot-lam/<int:attempt_id>/", views.attempt_page, name="attempt"),
    path("luot-lam/<int:attempt_id>/luu/", views.attempt_save, name="attempt_save"),
    path("luot-lam/<int:attempt_id>/nop/", views.attempt_submit, name="attempt_submit"),
    path("luot-lam/<int:attempt_id>/ket-qua/", views.attempt_result, name="attempt_result"),
    path(_ESSAY, essays.essay, name="essay"),
    path(f"{_ESSAY}thiet-lap/", settings_views.essay_settings, name="essay_settings"),
    path("bai-nop/<int:submission_id>/", essays.submission_file, name="submission_file"),
    path("khoa-hoc/<slug:slug>/cham-bai/", essays.marking, name="marking"),
    path("khoa-hoc/<slug:slug>/cham-bai/<int:submission_id>/", essays.mark_essay, name="mark_essay"),
    path("khoa-hoc/<slug:slug>/diem/<int:learner_id>/<int:number>/", essays.grade_history, name="grade_history"),
    path("ngan-hang-cau-hoi/", bank.question_bank, name="question_bank"),
    path("ngan-hang-cau-hoi/moi/", bank.question_edit, name="question_new"),
    path("ngan-hang-cau-hoi/nhap/", bank.question_import, name="question_import"),
    path("ngan-hang-cau-hoi/duyet/", bank.question_approve, name="question_approve"),
    path("ngan-hang-cau-hoi/<int:question_id>/", bank.question_edit, name="question_edit"),
]
