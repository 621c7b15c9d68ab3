"""The addresses of this room."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from lophoc.accounts.views import Login

urlpatterns = [
    path("dang-nhap/", Login.as_view(), name="login"),
    path("dang-xuat/", LogoutView.as_view(), name="logout"),
]
