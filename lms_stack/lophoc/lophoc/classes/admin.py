"""In the organisers' administration."""

from django.contrib import admin

from lophoc.classes.models import Class, Enrolment

admin.site.register((Class, Enrolment))
