"""The addresses of this room."""

from django.urls import path

from lophoc.forum import views

urlpatterns = [
    path("khoa-hoc/<slug:slug>/dien-dan/", views.topics, name="forum"),
    path("khoa-hoc/<slug:slug>/dien-dan/moi/", views.new_topic, name="forum_new"),
    path("khoa-hoc/<slug:slug>/dien-dan/<int:topic_id>/", views.topic, name="topic"),
    path("khoa-hoc/<slug:slug>/dien-dan/<int:topic_id>/tra-loi/", views.reply, name="reply"),
]
