"""The forms of this room."""

from typing import Any

from allauth.account.forms import LoginForm
from django import forms
from django.contrib.auth.forms import PasswordResetForm, SetPasswordMixin
from django.utils.translation import gettext_lazy as _

from lophoc.accounts import tasks
from lophoc.accounts.models import RosterImport, User
from lophoc.accounts.rights import SITE_ROLES, Role, assign, site_roles
from lophoc.catalogue.models import Course

ROLE_NAMES = {
    Role.ORGANISER: _("Ban tổ chức"),
    Role.BUILDER: _("Người xây dựng học liệu"),
    Role.APPRAISER: _("Người thẩm định học liệu"),
    Role.TECHNICIAN: _("Quản trị kỹ thuật"),
}
ROSTER_BYTES = 20 * 2**20


class SignInForm(LoginForm):  # type: ignore[misc]  # the library has no types
    """allauth's form with the field names that the page has always had."""

    def add_prefix(self, field_name: str) -> str:
        """The name of the login field in HTML is `username`."""
        return "username" if field_name == "login" else str(super().add_prefix(field_name))


class ForgottenPasswordForm(PasswordResetForm):
    """Somebody's address; whether an account has it shows neither in the answer nor in how long it takes."""

    def save(self, *_args: Any, request: Any = None, **_options: Any) -> None:
        """Let the background job find whose address it is."""
        tasks.send_forgotten.enqueue(self.cleaned_data["email"], request.build_absolute_uri("/"))


class EmailOfOneMixin:
    """An e-mail address belongs to one account: the rosters and the forgotten passwords go by it."""

    def clean_email(self) -> str:
        """The address in small letters."""
        email: str = self.cleaned_data["email"].lower()  # type: ignore[attr-defined]
        others = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)  # type: ignore[attr-defined]
        if email and others.exists():
            raise forms.ValidationError(_("Địa chỉ này không dùng được. Hãy nhập một địa chỉ khác."))
        return email


class ProfileForm(EmailOfOneMixin, forms.ModelForm):  # type: ignore[type-arg]
    """What people say of themselves. A new address, to which password links go, needs the password."""

    current_password = forms.CharField(
        label=_("Mật khẩu hiện tại (chỉ cần khi đổi email)"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        required=False,
    )

    class Meta:
        model = User
        fields = ("full_name", "school", "unit", "email", "language", "wants_mail")

    def clean(self) -> dict[str, Any] | None:
        """A changed address comes with the right password."""
        data = super().clean()
        given = self.cleaned_data.get("current_password", "")
        if "email" in self.changed_data and not self.instance.check_password(given):
            self.add_error("current_password", _("Hãy nhập đúng mật khẩu hiện tại để đổi email."))
        return data


class PersonForm(EmailOfOneMixin, forms.ModelForm):  # type: ignore[type-arg]
    """An account, as technicians see it."""

    roles = forms.MultipleChoiceField(
        label=_("Vai trò"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(role.value, ROLE_NAMES[role]) for role in SITE_ROLES],
    )

    class Meta:
        model = User
        fields = ("username", "full_name", "email", "school", "unit", "is_active")

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        if self.instance.pk:
            self.fields["roles"].initial = sorted(site_roles(self.instance))

    def clean(self) -> dict[str, Any] | None:
        """Nobody shuts themselves out."""
        data = super().clean() or {}
        stays = data.get("is_active") and Role.TECHNICIAN in data.get("roles", ())
        if self.instance == self.by and not stays:
            raise forms.ValidationError(_("Bạn không thể tự ngừng hoặc tự bỏ vai trò quản trị của chính mình."))
        return data

    def save(self, commit: bool = True) -> User:
        """Save it and its roles; a new account has no password until its owner sets one."""
        user: User = super().save(commit=False)
        if not user.pk:
            user.set_unusable_password()
        user.save()
        assign(user, [Role(role) for role in self.cleaned_data["roles"]])
        return user


class AskToJoinForm(forms.Form):
    """Who wants an account for a course that is open to all."""

    full_name = forms.CharField(label=_("Họ và tên"), max_length=150)
    email = forms.EmailField(label=_("Email"), max_length=150)
    school = forms.CharField(label=_("Trường"), max_length=200)
    unit = forms.CharField(label=_("Đơn vị (phòng hoặc sở giáo dục và đào tạo)"), max_length=200)

    def clean_email(self) -> str:
        """The address in small letters."""
        return str(self.cleaned_data["email"]).lower()


class FirstPasswordForm(SetPasswordMixin, forms.Form):  # type: ignore[type-arg]  # generic in the stubs alone
    """The password of an account that is about to be made."""

    password1, password2 = SetPasswordMixin.create_password_fields(_("Mật khẩu"), _("Nhập lại mật khẩu"))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any] | None:
        """Both are the same and follow the rules."""
        self.validate_passwords("password1", "password2")
        self.validate_password_for_user(self.user, "password2")
        return super().clean()


class RosterForm(forms.ModelForm):  # type: ignore[type-arg]
    """A roster file for a course."""

    file = forms.FileField(label=_("Tệp danh sách (.csv hoặc .xlsx)"), max_length=200)

    class Meta:
        model = RosterImport
        fields = ("course",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = Course.objects.order_by("-opens")  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        """Not too large; what is in it is checked in the background."""
        file = self.cleaned_data["file"]
        if file.size > ROSTER_BYTES:
            raise forms.ValidationError(
                _("Tệp lớn hơn %(most)s MB. Hãy chia danh sách thành nhiều tệp."),
                params={"most": ROSTER_BYTES // 2**20},
            )
        return file
