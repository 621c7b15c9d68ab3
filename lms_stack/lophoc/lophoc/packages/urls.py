"""The addresses of this room."""

from django.urls import path

from lophoc.packages import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/bai-hoc/<int:number>/cho-xem/", views.lecture_place, name="lecture_place"),
]
