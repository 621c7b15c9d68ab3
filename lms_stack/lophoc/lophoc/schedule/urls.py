"""The addresses of this room."""

from django.urls import path

from lophoc.schedule import views

CALENDAR = "khoa-hoc/<slug:slug>/lich/"

urlpatterns = [
    path(CALENDAR, views.calendar, name="calendar"),
    path(f"{CALENDAR}moi/", views.session, name="session_new"),
    path(f"{CALENDAR}<int:number>/", views.session, name="session_change"),
    path(f"{CALENDAR}<int:number>/vao/", views.join, name="session_join"),
    path(f"{CALENDAR}<int:number>/diem-danh/", views.attendance, name="attendance"),
    path("lich/<str:token>.ics", views.calendar_feed, name="calendar_feed"),
]
