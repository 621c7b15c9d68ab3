"""People in the organisers' administration."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from lophoc.accounts.models import User

admin.site.register(User, UserAdmin)
