"""The addresses of this room."""

from django.urls import path

from lophoc.assessment import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/bai-kiem-tra/<int:number>/", views.quiz_page, name="quiz"),
    path("khoa-hoc/<slug:slug>/bai-kiem-tra/<int:number>/bat-dau/", views.quiz_start, name="quiz_start"),
    path("luot-lam/<int:attempt_id>/", views.attempt_page, name="attempt"),
    path("luot-lam/<int:attempt_id>/nop/", views.attempt_submit, name="attempt_submit"),
    path("luot-lam/<int:attempt_id>/ket-qua/", views.attempt_result, name="attempt_result"),
    path("khoa-hoc/<slug:slug>/bai-luan/<int:number>/", views.essay, name="essay"),
]
