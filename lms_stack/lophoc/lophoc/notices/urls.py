"""The addresses of this room."""

from django.urls import path

from lophoc.notices import views

COURSE = "khoa-hoc/<slug:slug>/"

urlpatterns = [
    path(f"{COURSE}thong-bao/", views.announcements, name="announcements"),
    path(f"{COURSE}thong-bao/<int:number>/", views.change_announcement, name="announcement_change"),
    path(f"{COURSE}tin-nhan-moi/", views.new_message, name="message_new"),
    path(f"{COURSE}hoi-ban-to-chuc/", views.ask, name="ask"),
    path("tin-nhan/", views.inbox, name="inbox"),
    path("tin-nhan/<int:number>/", views.conversation, name="conversation"),
    path("thu/thoi-nhan/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("thu/", views.mail_status, name="mail_status"),
]
