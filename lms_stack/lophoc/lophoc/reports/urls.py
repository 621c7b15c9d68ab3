"""The addresses of this room."""

from django.urls import path

from lophoc.reports import records, views

urlpatterns = [
    path("bao-cao/", views.reports, name="reports"),
    path("bao-cao/tinh-lai/", views.reports_refresh, name="reports_refresh"),
    path("bao-cao/gui-bo/", views.report_to_ministry, name="report_to_ministry"),
    path("bao-cao/nguoi-hoc/", records.learners, name="learners"),
    path("bao-cao/nguoi-hoc/<int:pk>/", records.learner_data, name="learner_data"),
    path("khoa-hoc/<slug:slug>/bao-cao/", views.course_reports, name="course_reports"),
    path("du-lieu-cua-toi/", records.my_data, name="my_data"),
    path("du-lieu-cua-toi/tep/", records.my_data_file, name="my_data_file"),
    path("nhat-ky/", records.audit_log, name="audit_log"),
]
