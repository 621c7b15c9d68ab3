"""The addresses of this room. Names that begin with `account_` or `mfa_` are those that django-allauth looks for."""

from collections.abc import Callable
from typing import Any

from allauth.account import views as allauth
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView, PasswordResetDoneView
from django.urls import URLPattern, path

from lophoc.accounts import joining, people, views
from lophoc.operations.request_class import request_class

security = request_class("security_page")


def _own(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """A page on the security of one's own account."""
    return path(route, security(login_required(view)), name=name)


urlpatterns = [
    path("dang-nhap/", views.Login.as_view(), name="account_login"),
    path("dang-nhap/", views.Login.as_view(), name="login"),
    path("dang-nhap/ma/", security(second_factor.authenticate), name="mfa_authenticate"),
    path("dang-xuat/", security(LogoutView.as_view()), name="logout"),
    path("quen-mat-khau/", security(views.ForgottenPassword.as_view()), name="password_forgotten"),
    path(
        "quen-mat-khau/da-gui/",
        security(PasswordResetDoneView.as_view(template_name="accounts/password_sent.html")),
        name="password_sent",
    ),
    path("dat-mat-khau/<uidb64>/<token>/", security(views.SetPassword.as_view()), name="password_set"),
    path("tu-ghi-danh/<slug:slug>/", joining.join, name="join"),
    path("xac-nhan-ghi-danh/<str:token>/", joining.join_confirm, name="join_confirm"),
    path("ho-so/", views.profile, name="profile"),
    _own("ho-so/mat-khau/", views.ChangePassword.as_view(), "password_change"),
    _own("ho-so/xac-nhan/", allauth.reauthenticate, "account_reauthenticate"),
    _own("ho-so/xac-thuc/", second_factor.index, "mfa_index"),
    _own("ho-so/xac-thuc/xac-nhan/", second_factor.reauthenticate, "mfa_reauthenticate"),
    _own("ho-so/xac-thuc/ung-dung/", totp.activate_totp, "mfa_activate_totp"),
    _own("ho-so/xac-thuc/ung-dung/bo/", totp.deactivate_totp, "mfa_deactivate_totp"),
    _own("ho-so/xac-thuc/ma-du-phong/", recovery_codes.view_recovery_codes, "mfa_view_recovery_codes"),
    _own("ho-so/xac-thuc/ma-du-phong/moi/", recovery_codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
    path("tai-khoan/", people.people, name="people"),
    path("tai-khoan/moi/", people.person, name="person_new"),
    path("tai-khoan/<int:pk>/", people.person, name="person"),
    path("tai-khoan/<int:pk>/<str:act>/", people.person_act, name="person_act"),
    path("danh-sach/", people.roster, name="roster"),
    path("danh-sach/<int:pk>/", people.roster_import, name="roster_import"),
    path("danh-sach/<int:pk>/nhap/", people.roster_store, name="roster_store"),
]
