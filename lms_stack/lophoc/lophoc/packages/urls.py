"""The addresses of this room."""

from django.urls import path

from lophoc.packages import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/bai-hoc/<int:number>/cho-xem/", views.lecture_place, name="lecture_place"),
    path("khoa-hoc/<slug:slug>/goi-hoc-lieu/<int:number>/", views.package_page, name="package"),
    path("khoa-hoc/<slug:slug>/goi-hoc-lieu/<int:number>/<int:part>/", views.package_part, name="package_part"),
    path("khoa-hoc/<slug:slug>/goi-hoc-lieu/<int:number>/<int:part>/ket-qua/", views.report, name="package_report"),
]
