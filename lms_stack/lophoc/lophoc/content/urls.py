"""The addresses of this room: our own pages, and Wagtail's admin with a policy of its own."""

from django.urls import include, path
from django.views.generic import RedirectView
from wagtail.admin import urls as wagtail_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from lophoc.content import views

urlpatterns = [
    path("", views.materials, name="materials"),
    path("xem/<int:pk>/", views.material_page, name="material"),
    path("xem/<int:pk>/rut/", views.material_withdraw, name="material_withdraw"),
    path("tham-dinh/", views.appraisals, name="appraisals"),
    path("tham-dinh/<int:pk>/", views.appraise, name="appraise"),
    # Wagtail's own sign-in would pass the second factor by.
    path("soan/login/", RedirectView.as_view(pattern_name="login", query_string=True), name="editor_login"),
    path("soan/", include(decorate_urlpatterns(list(wagtail_urls.urlpatterns), views.editor))),
]
