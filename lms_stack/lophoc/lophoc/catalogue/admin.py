"""In the organisers' administration."""

from django.contrib import admin

from lophoc.catalogue.models import Course, Unit

admin.site.register((Course, Unit))
