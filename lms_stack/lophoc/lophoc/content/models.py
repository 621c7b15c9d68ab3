"""Learning materials (Article 7): stored once, shown in many courses, each version appraised before it is shown."""

from typing import Any, ClassVar

import nh3
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import RichTextBlock, TextBlock
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageBlock
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    Revision,
    RevisionMixin,
    Task,
    WorkflowMixin,
)

from lophoc.accounts.rights import Right, site_rights
from lophoc.content.forms import MaterialForm, checklist_of
from lophoc.content.letters import tell, tell_appraisers
from lophoc.content.text import to_html
from lophoc.content.uploads import checked

_FEATURES = ["h2", "h3", "h4", "bold", "italic", "ol", "ul", "hr", "link", "blockquote", "superscript", "subscript"]


class MarkdownBlock(TextBlock):
    """Text in Markdown, as course files have it; also for tables, which the rich text has not."""

    def render_basic(self, value: str, context: Any = None) -> str:
        """The text as HTML."""
        return mark_safe(to_html(value))  # noqa: S308 - cleaned


class MaterialQuerySet(models.QuerySet["Material"]):
    """Choices of materials."""

    def approved(self) -> "MaterialQuerySet":
        """Those whose version on show was approved by an appraiser."""
        said = Appraisal.objects.filter(revision=models.OuterRef("live_revision"), decision=Appraisal.Decision.APPROVE)
        return self.filter(models.Exists(said), live=True)

    def usable(self) -> "MaterialQuerySet":
        """Those that may be part of a course that opens: approved, and with a known licence."""
        return self.approved().exclude(licence="")

    def seen_by(self, user: Any) -> "MaterialQuerySet":
        """Those that are listed to somebody: what the load test made is listed to itself alone."""
        theirs = models.Q(created_by=None) | models.Q(created_by__is_load_test=user.is_load_test)
        return self.filter(theirs)


class Material(WorkflowMixin, PreviewableMixin, DraftStateMixin, LockableMixin, RevisionMixin, models.Model):
    """One material. The row is the version on show while `live`; drafts and earlier versions are revisions."""

    class Kind(models.TextChoices):
        """What a material is; a lesson holds any of text, video and document."""

        LESSON = "lesson", _("Bài học")
        DOCUMENT = "document", _("Tài liệu")
        VIDEO = "video", _("Video")
        PACKAGE = "package", _("Gói SCORM hoặc H5P")
        QUIZ = "quiz", _("Bài kiểm tra")
        ESSAY = "essay", _("Bài luận")

    class Licence(models.TextChoices):
        """By what right it is used; blank means not known."""

        OWN = "own", _("Tự biên soạn")
        CONTRACT = "contract", _("Theo hợp đồng")
        CC_BY = "cc-by", "CC BY"
        CC_BY_SA = "cc-by-sa", "CC BY-SA"
        CC_BY_ND = "cc-by-nd", "CC BY-ND"
        CC_BY_NC = "cc-by-nc", "CC BY-NC"
        CC_BY_NC_SA = "cc-by-nc-sa", "CC BY-NC-SA"
        CC_BY_NC_ND = "cc-by-nc-nd", "CC BY-NC-ND"
        PUBLIC_DOMAIN = "public-domain", _("Thuộc về công chúng")
        PERMISSION = "permission", _("Được phép bằng văn bản")

    kind = models.CharField(_("loại"), max_length=10, choices=Kind.choices, default=Kind.LESSON)
    title = models.CharField(_("tên"), max_length=300)
    body = StreamField(
        [
            ("text", RichTextBlock(label=_("Văn bản"), features=_FEATURES)),
            ("markdown", MarkdownBlock(label="Markdown", rows=12)),
            ("image", ImageBlock(label=_("Hình ảnh"))),
        ],
        verbose_name=_("nội dung"),
        blank=True,
    )
    video = models.FileField(_("video"), upload_to="hoc-lieu/video", max_length=300, blank=True, validators=[checked])
    document = models.FileField(
        _("trang chiếu hoặc tài liệu"), upload_to="hoc-lieu/tai-lieu", max_length=300, blank=True, validators=[checked]
    )
    package = models.FileField(
        _("gói SCORM hoặc H5P"), upload_to="hoc-lieu/goi", max_length=300, blank=True, validators=[checked]
    )
    minutes = models.PositiveIntegerField(_("số phút học"), default=0)
    author = models.CharField(_("tác giả"), max_length=300, blank=True)
    licence = models.CharField(_("giấy phép"), max_length=20, choices=Licence.choices, blank=True)
    licence_evidence = models.CharField(
        _("căn cứ của giấy phép"),
        max_length=500,
        blank=True,
        help_text=_("Số hợp đồng, văn bản cho phép hoặc địa chỉ trang nguồn"),
    )
    source = models.CharField(_("nguồn"), max_length=500, blank=True)
    subject = models.CharField(_("môn học hoặc lĩnh vực"), max_length=200, blank=True)
    level = models.CharField(_("cấp học"), max_length=200, blank=True)
    language = models.CharField(_("ngôn ngữ"), max_length=10, choices=settings.LANGUAGES, default="vi")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="materials",
        verbose_name=_("người tạo"),
    )
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    objects = MaterialQuerySet.as_manager()
    base_form_class = MaterialForm

    class Meta:
        ordering = ("title",)
        verbose_name = _("học liệu")
        verbose_name_plural = _("học liệu")

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """A licence that rests on a paper names it; a package has its file."""
        super().clean()
        if self.licence in {self.Licence.CONTRACT, self.Licence.PERMISSION} and not self.licence_evidence:
            raise ValidationError({"licence_evidence": _("Hãy ghi số hợp đồng hoặc văn bản cho phép.")})
        if self.kind == self.Kind.PACKAGE and not self.package:
            raise ValidationError({"package": _("Hãy tải lên gói SCORM hoặc H5P (tệp .zip hoặc .h5p).")})
        if self.package and not self.package._committed:  # type: ignore[attr-defined]  # Django's own, told by no stub
            _check_package(self.package)
        if self.kind == self.Kind.VIDEO and not self.video:
            raise ValidationError({"video": _("Hãy tải lên video.")})

    @property
    def html(self) -> str:
        """The text as HTML without anything that could run."""
        return nh3.clean(str(self.body.render_as_block())) if self.body else ""

    def get_preview_template(self, _request: Any, _mode_name: str) -> str:
        """The page that shows it as a learner sees it."""
        return "content/material.html"

    def get_preview_context(self, request: Any, _mode_name: str) -> dict[str, Any]:
        """What that page needs."""
        return {"material": self, "request": request, "user": request.user}

    @property
    def is_approved(self) -> bool:
        """Whether the version on show is one that was approved."""
        return type(self).objects.approved().filter(pk=self.pk).exists()

    @property
    def is_usable(self) -> bool:
        """Whether it may be part of a course that opens."""
        return bool(self.licence) and self.is_approved

    def is_by(self, user: Any) -> bool:
        """Whether somebody made this material or any version of it, and so can't appraise it."""
        return self.created_by_id == user.pk or bool(self.revisions.filter(user=user.pk).exists())


def _check_package(upload: Any) -> None:
    """Look through a package that is being uploaded.

    :raises ValidationError: says what is wrong with it, at its field.
    """
    from lophoc.packages.intake import check  # noqa: PLC0415 - that room's models rest on this one's

    try:
        check(upload)
    except ValidationError as error:
        raise ValidationError({"package": error.messages}) from error
    finally:
        upload.seek(0)


class Appraisal(models.Model):
    """What was said of one version: an appraiser's decision, or who withdrew it and why. Rows are only ever added.

    Without an appraiser it came with a course file, for whose contents the organiser answers.
    """

    class Decision(models.TextChoices):
        """How it ended."""

        APPROVE = "approve", _("duyệt")
        RETURN = "return", _("trả lại")
        WITHDRAW = "withdraw", _("đã rút")

    material = models.ForeignKey(Material, models.PROTECT, related_name="appraisals", verbose_name=_("học liệu"))
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+", verbose_name=_("phiên bản"))
    appraiser = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="appraisals",
        verbose_name=_("người thẩm định"),
    )
    decision = models.CharField(_("kết luận"), max_length=10, choices=Decision.choices)
    checklist = models.JSONField(_("bảng kiểm"), default=dict)
    comment = models.TextField(_("nhận xét"), blank=True)
    when = models.DateTimeField(_("lúc"), auto_now_add=True)

    class Meta:
        ordering = ("-when", "-pk")
        verbose_name = _("thẩm định")
        verbose_name_plural = _("thẩm định")

    def __str__(self) -> str:
        return f"{self.material}: {self.get_decision_display()}"


class AppraisalTask(Task):
    """The step of the workflow at which appraisers decide; nobody appraises what is their own (Article 7.1)."""

    appraisers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        verbose_name=_("người thẩm định"),
        help_text=_("Để trống nếu mọi người thẩm định đều được duyệt"),
        limit_choices_to={"groups__name": "appraiser"},
    )
    admin_form_fields: ClassVar = [*Task.admin_form_fields, "appraisers"]

    class Meta:
        verbose_name = _("thẩm định học liệu")
        verbose_name_plural = _("thẩm định học liệu")

    @classmethod
    def get_description(cls) -> Any:
        """What Wagtail's list of steps says of it."""
        return _("Người thẩm định duyệt hoặc trả lại học liệu theo bảng kiểm")

    def may_appraise(self, obj: Any, user: Any) -> bool:
        """Whether somebody is an appraiser of this step, and not of their own work."""
        if Right.APPRAISE not in site_rights(user) or obj.is_by(user):
            return False
        named = set(self.appraisers.values_list("pk", flat=True))
        return not named or user.pk in named

    def start(self, workflow_state: Any, user: Any = None) -> Any:
        """Let a version wait, and tell its appraisers."""
        state = super().start(workflow_state, user=user)
        tell_appraisers(state)
        return state

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        """Nobody changes a material while it is appraised: what is approved is what was read."""
        return True

    @transaction.atomic
    def on_action(self, task_state: Any, user: Any, action_name: str, **given: Any) -> None:
        """Record what was said, then let the workflow go on.

        Only our own page calls this. Wagtail's would save the editor's form in the appraiser's name first, and takes
        the checklist's answers unchecked; so this step offers it no actions.

        :raises PermissionDenied: this person doesn't appraise this material.
        """
        material = task_state.workflow_state.content_object
        if not self.may_appraise(material, user):
            raise PermissionDenied
        comment = given.get("comment", "")
        said = Appraisal.objects.create(
            material=material,
            revision=task_state.revision,
            appraiser=user,
            decision=Appraisal.Decision.APPROVE if action_name == "approve" else Appraisal.Decision.RETURN,
            checklist=checklist_of(given),
            comment=comment,
        )
        super().on_action(task_state, user, action_name, comment=comment)
        by = task_state.workflow_state.requested_by
        tell(said, [by] if by else [])
