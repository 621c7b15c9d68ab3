"""In the organisers' administration."""

from django.contrib import admin

from lophoc.notices.models import Announcement

admin.site.register(Announcement)
