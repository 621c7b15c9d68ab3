"""In the organisers' administration."""

from django.contrib import admin

from lophoc.assessment.models import Attempt, Question, Quiz, Submission

admin.site.register((Attempt, Question, Quiz, Submission))
