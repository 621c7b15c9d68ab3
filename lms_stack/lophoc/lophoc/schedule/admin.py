"""In the organisers' administration."""

from django.contrib import admin

from lophoc.schedule.models import Session

admin.site.register(Session)
