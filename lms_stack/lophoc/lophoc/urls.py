"""Every address of the site, room by room. Views declare their request class; see operations/request_class.py."""

from django.urls import include, path

from lophoc.accounts.language import switch
from lophoc.operations import views as operations

urlpatterns = [
    path("", include("lophoc.accounts.urls")),
    path("", include("lophoc.catalogue.urls")),
    path("", include("lophoc.classes.urls")),
    path("", include("lophoc.assessment.urls")),
    path("", include("lophoc.packages.urls")),
    path("", include("lophoc.forum.urls")),
    path("", include("lophoc.notices.urls")),
    path("", include("lophoc.schedule.urls")),
    path("", include("lophoc.certificates.urls")),
    path("", include("lophoc.surveys.urls")),
    path("", include("lophoc.reports.urls")),
    path("kho-hoc-lieu/", include("lophoc.content.urls")),
    path("ngon-ngu/", switch, name="set_language"),
    path("suc-khoe/song", operations.alive, name="alive"),
    path("suc-khoe/san-sang", operations.ready, name="ready"),
]
