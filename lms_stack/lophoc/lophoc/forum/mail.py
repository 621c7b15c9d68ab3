"""Mail to those who follow a topic: one a topic in fifteen minutes, however many posts there are."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from lophoc.forum.models import Post, Subscription
from lophoc.notices.mail import queue_mail

BURST = timedelta(minutes=15)


@task()
@transaction.atomic
def tell_followers(post_id: int) -> int:
    """Queue a mail for those followers who have none waiting; it goes out when the burst is over. How many did."""
    post = Post.objects.select_related("topic__course").filter(pk=post_id).first()
    if post is None:
        return 0  # its course was deleted, or the load test's accounts were purged, before its turn came
    now = timezone.now()
    waiting = Subscription.objects.select_for_update(skip_locked=True, of=("self",)).filter(topic=post.topic)
    waiting = waiting.filter(Q(mail_due=None) | Q(mail_due__lte=now)).exclude(person=post.author_id)
    told = list(waiting.select_related("person"))
    Subscription.objects.filter(pk__in=[each.pk for each in told]).update(mail_due=now + BURST)
    people = [each.person for each in told]
    return queue_mail(
        "forum/mail/topic.txt", people, {"topic": post.topic, "course": post.topic.course}, not_before=now + BURST
    )
