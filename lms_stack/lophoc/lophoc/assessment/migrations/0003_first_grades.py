"""Grades of the attempts that there are, and no more than one open attempt of a learner at a quiz."""

from typing import Any

from django.db import migrations
from django.db.models import F, Max


def close_old(apps: Any, schema_editor: Any) -> None:
    """End all open attempts but the latest of a learner, scored as nothing: their time was over long ago."""
    attempts = apps.get_model("assessment", "Attempt").objects.filter(submitted=None)
    last = attempts.values("quiz", "learner").annotate(last=Max("pk")).values_list("last", flat=True)
    attempts.exclude(pk__in=list(last)).update(submitted=F("started"), score=0.0, points=1.0)


def add_grades(apps: Any, schema_editor: Any) -> None:
    """The best attempt of each learner as a grade."""
    grade = apps.get_model("assessment", "Grade")
    attempts = apps.get_model("assessment", "Attempt").objects.filter(score__isnull=False, points__gt=0)
    best = {(row.learner_id, row.quiz_id): row for row in attempts.order_by("score").iterator()}
    rows = [
        grade(learner_id=learner, unit_id=quiz, points=row.score, of=row.points, source="quiz", attempt_id=row.pk)
        for (learner, quiz), row in best.items()
    ]
    grade.objects.bulk_create(rows, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("assessment", "0002_bank_rubric_grades")]

    operations = [
        migrations.RunPython(close_old, migrations.RunPython.noop),
        migrations.RunPython(add_grades, migrations.RunPython.noop),
    ]
