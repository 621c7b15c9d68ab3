"""Every address of the site. Views declare their request class; see operations/request_class.py."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import path

from lophoc.accounts.views import Login
from lophoc.assessment import views as assessment
from lophoc.catalogue import views as catalogue
from lophoc.classes import views as classes
from lophoc.forum import views as forum
from lophoc.operations import views as operations

urlpatterns = [
    path("", catalogue.course_list, name="course_list"),
    path("dang-nhap/", Login.as_view(), name="login"),
    path("dang-xuat/", LogoutView.as_view(), name="logout"),
    path("khoa-hoc/<slug:slug>/", catalogue.course_page, name="course"),
    path("khoa-hoc/<slug:slug>/bai-hoc/<int:number>/", catalogue.lesson_page, name="lesson"),
    path("khoa-hoc/<slug:slug>/bai-hoc/<int:number>/hoan-thanh/", catalogue.lesson_done, name="lesson_done"),
    path("khoa-hoc/<slug:slug>/bai-kiem-tra/<int:number>/", assessment.quiz_page, name="quiz"),
    path("khoa-hoc/<slug:slug>/bai-kiem-tra/<int:number>/bat-dau/", assessment.quiz_start, name="quiz_start"),
    path("luot-lam/<int:attempt_id>/", assessment.attempt_page, name="attempt"),
    path("luot-lam/<int:attempt_id>/nop/", assessment.attempt_submit, name="attempt_submit"),
    path("luot-lam/<int:attempt_id>/ket-qua/", assessment.attempt_result, name="attempt_result"),
    path("khoa-hoc/<slug:slug>/bai-luan/<int:number>/", assessment.essay, name="essay"),
    path("khoa-hoc/<slug:slug>/dien-dan/", forum.topics, name="forum"),
    path("khoa-hoc/<slug:slug>/dien-dan/moi/", forum.new_topic, name="forum_new"),
    path("khoa-hoc/<slug:slug>/dien-dan/<int:topic_id>/", forum.topic, name="topic"),
    path("khoa-hoc/<slug:slug>/dien-dan/<int:topic_id>/tra-loi/", forum.reply, name="reply"),
    path("khoa-hoc/<slug:slug>/so-diem/", classes.gradebook, name="gradebook"),
    path("quan-tri/", admin.site.urls),
    path("suc-khoe/song", operations.alive, name="alive"),
    path("suc-khoe/san-sang", operations.ready, name="ready"),
    path("metrics", operations.metrics, name="metrics"),
]
