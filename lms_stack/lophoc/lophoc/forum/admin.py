"""In the organisers' administration."""

from django.contrib import admin

from lophoc.forum.models import Post, Topic

admin.site.register((Post, Topic))
