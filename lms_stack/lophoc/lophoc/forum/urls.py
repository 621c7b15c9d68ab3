"""The addresses of this room."""

from django.urls import path

from lophoc.forum import moderation, views

FORUM = "khoa-hoc/<slug:slug>/dien-dan/"

urlpatterns = [
    path(FORUM, views.topics, name="forum"),
    path(f"{FORUM}moi/", views.new_topic, name="forum_new"),
    path(f"{FORUM}<int:topic_id>/", views.topic, name="topic"),
    path(f"{FORUM}<int:topic_id>/tra-loi/", views.reply, name="reply"),
    path(f"{FORUM}<int:topic_id>/theo-doi/", views.follow, name="topic_follow"),
    path(f"{FORUM}<int:topic_id>/dieu-hanh/", moderation.moderate_topic, name="topic_moderate"),
    path(f"{FORUM}bai/<int:post_id>/sua/", views.edit_post, name="post_edit"),
    path(f"{FORUM}bai/<int:post_id>/an/", moderation.hide_post, name="post_hide"),
    path(f"{FORUM}bai/<int:post_id>/ban-truoc/", moderation.post_versions, name="post_versions"),
]
