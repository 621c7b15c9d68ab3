"""The addresses of this room."""

from django.urls import path

from lophoc.certificates import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/giay-chung-nhan/", views.certificates, name="certificates"),
    path("khoa-hoc/<slug:slug>/giay-chung-nhan/in/", views.certificates_print, name="certificates_print"),
    path("giay-chung-nhan/", views.my_certificates, name="my_certificates"),
    path("giay-chung-nhan/<slug:code>/pdf/", views.certificate_pdf, name="certificate_pdf"),
    path("giay-chung-nhan/<slug:code>/thu-hoi/", views.certificate_revoke, name="certificate_revoke"),
    path("giay-chung-nhan/<slug:code>/cap-lai/", views.certificate_reissue, name="certificate_reissue"),
    path("chung-chi/", views.certificate_lookup, name="certificate_lookup"),
    path("chung-chi/<slug:code>/", views.certificate_verify, name="certificate_verify"),
]
