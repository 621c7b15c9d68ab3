"""The content repository: who writes, who appraises, and what learners see of it."""

from typing import Any

import pytest
from conftest import signed_in
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

LIST = "/kho-hoc-lieu/soan/snippets/content/material/"
WAITING = "/kho-hoc-lieu/tham-dinh/"
CRITERIA = ("correct", "up_to_date", "fits_programme", "pedagogy", "language", "technical_quality", "rights")
ALL_MET = dict.fromkeys(CRITERIA, "yes")


@pytest.fixture
def staff(course: Any) -> None:
    """Two builders, two appraisers, one who is both, an organiser and a technician."""
    from lophoc.accounts.models import User
    from lophoc.accounts.rights import Role, assign

    given = {
        "xd-1": (Role.BUILDER,),
        "xd-2": (Role.BUILDER,),
        "td-1": (Role.APPRAISER,),
        "td-2": (Role.APPRAISER,),
        "ca-hai": (Role.BUILDER, Role.APPRAISER),
        "tc-1": (Role.ORGANISER,),
        "kt-1": (Role.TECHNICIAN,),
    }
    for name, roles in given.items():
        assign(User.objects.create(username=name, full_name=name), roles)


def form(title: str = "Bài mới", text: str = "Nội dung mới", **changes: Any) -> dict[str, Any]:
    """The editor's form, as a browser sends it."""
    return {
        "title": title,
        "kind": "lesson",
        "minutes": "10",
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "markdown",
        "body-0-id": "",
        "body-0-value": text,
        "author": "Cô Một",
        "licence": "own",
        "language": "vi",
        **changes,
    }


def written(username: str = "xd-1", **changes: Any) -> Any:
    """A material that somebody wrote in the editor and submitted."""
    from lophoc.content.models import Material

    answer = signed_in(username).post(f"{LIST}add/", {**form(**changes), "action-submit": "1"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Material.objects.latest("pk")


def waiting(material: Any) -> str:
    """The address at which a material is appraised."""
    return f"{WAITING}{material.current_workflow_state.current_task_state.pk}/"


def appraise(username: str, material: Any, **given: Any) -> Any:
    """An appraiser sends the checklist; a remark on the whole is always there."""
    sent = {**ALL_MET, "decision": "approve", "comment": "Đã đọc.", **given}
    answer = signed_in(username).post(waiting(material), sent)
    material.refresh_from_db()
    return answer


def test_what_a_builder_submits_is_on_show_only_when_an_appraiser_has_approved_it(staff: None) -> None:
    material = written()
    assert (material.live, material.created_by.username) == (False, "xd-1")
    assert "Bài mới" in signed_in("td-1").get(WAITING).content.decode()
    assert appraise("td-1", material).status_code == 302
    assert material.live
    assert material.is_usable
    said = material.appraisals.get()
    assert (said.appraiser.username, said.decision, said.revision) == ("td-1", "approve", material.live_revision)
    assert said.checklist["rights"] == {"met": True, "remark": ""}
    assert waiting_titles("td-2") == []


def waiting_titles(username: str) -> list[str]:
    """What waits for somebody."""
    from lophoc.accounts.models import User
    from lophoc.content.views import waiting as waits

    return [state.revision.object_str for state in waits(User.objects.get(username=username))]


def test_what_is_returned_is_not_on_show_and_the_reason_stays_when_it_is_approved_later(staff: None) -> None:
    material = written()
    assert (
        appraise("td-1", material, decision="reject", rights="no", rights_remark="Ảnh?", comment="Sửa").status_code
        == 302
    )
    assert not material.live
    signed_in("xd-1").post(f"{LIST}edit/{material.pk}/", {**form(text="Đã sửa"), "action-submit": "1"})
    appraise("td-2", material)
    assert material.is_approved
    assert [(each.decision, each.comment) for each in material.appraisals.all()] == [
        ("approve", "Đã đọc."),
        ("return", "Sửa"),
    ]
    assert material.appraisals.last().checklist["rights"] == {"met": False, "remark": "Ảnh?"}


@pytest.mark.parametrize(
    "given", [{"rights": "no"}, {"decision": "reject", "comment": ""}, {"correct": ""}, {"decision": "publish"}]
)
def test_a_checklist_that_does_not_fit_the_decision_is_not_taken(staff: None, given: dict[str, str]) -> None:
    material = written()
    answer = appraise("td-1", material, **given)
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not material.live
    assert not material.appraisals.exists()


def test_nobody_appraises_what_is_their_own(staff: None) -> None:
    material = written("ca-hai")
    assert waiting_titles("ca-hai") == []
    assert appraise("ca-hai", material).status_code == 404
    assert appraise("td-1", material).status_code == 302


def test_only_chosen_appraisers_appraise_where_some_were_chosen(staff: None) -> None:
    from lophoc.accounts.models import User
    from lophoc.content.models import AppraisalTask

    AppraisalTask.objects.get().appraisers.add(User.objects.get(username="td-2"))
    material = written()
    assert appraise("td-1", material).status_code == 404
    assert appraise("td-2", material).status_code == 302


@pytest.mark.parametrize("name", ["hv-1", "gv-1", "xd-1", "tc-1", "kt-1"])
def test_others_do_not_appraise(staff: None, name: str) -> None:
    material = written()
    assert signed_in(name).get(WAITING).status_code == 403
    assert appraise(name, material).status_code == 403


def test_a_strangers_way_into_the_repository_is_the_sign_in(staff: None) -> None:
    for page in ("/kho-hoc-lieu/", WAITING, "/kho-hoc-lieu/soan/", LIST):
        answer = Client(headers={"X-Forwarded-Proto": "https"}).get(page)
        assert answer["Location"].startswith("/dang-nhap/"), page


@pytest.mark.parametrize(("name", "seen"), [("xd-1", 200), ("td-1", 200), ("tc-1", 200), ("kt-1", 302), ("hv-1", 302)])
def test_builders_appraisers_and_organisers_see_the_list_and_nobody_else(staff: None, name: str, seen: int) -> None:
    assert signed_in(name).get(LIST).status_code == seen


@pytest.mark.parametrize(
    ("name", "way"), [("xd-1", LIST), ("tc-1", LIST), ("td-1", WAITING), ("kt-1", None), ("hv-1", None), ("gv-1", None)]
)
def test_the_way_in_leads_to_what_the_role_does_there(staff: None, name: str, way: str | None) -> None:
    answer = signed_in(name).get("/kho-hoc-lieu/")
    assert answer.get("Location") == way
    assert answer.status_code == (302 if way else 403)


def test_a_builder_changes_the_own_material_and_no_other_builders(staff: None) -> None:
    material = written()
    appraise("td-1", material)
    address = f"{LIST}edit/{material.pk}/"
    for name in ("xd-2", "td-1", "tc-1"):
        signed_in(name).post(address, form(text="Người khác sửa"))
    assert material.revisions.count() == 1
    assert signed_in("xd-1").post(address, form(text="Tự sửa")).status_code == 302
    assert material.revisions.count() == 2


def test_nobody_publishes_by_hand_not_even_a_superuser(staff: None) -> None:
    from lophoc.accounts.models import User
    from lophoc.content.models import Material

    User.objects.filter(username="xd-1").update(is_superuser=True)
    signed_in("xd-1").post(f"{LIST}add/", {**form(), "action-publish": "1"})
    assert not Material.objects.latest("pk").live


def test_a_material_is_not_changed_while_it_is_appraised(staff: None) -> None:
    material = written()
    signed_in("xd-1").post(f"{LIST}edit/{material.pk}/", form(text="Sửa lén"))
    assert material.revisions.count() == 1


def test_learners_see_the_approved_version_and_not_the_draft_nor_the_one_before(staff: None, course: Any) -> None:
    unit = course.units.get(number=1)
    lesson = f"/khoa-hoc/mau/bai-hoc/{unit.number}/"
    assert "Chào" in signed_in("hv-1").get(lesson).content.decode()
    address = f"{LIST}edit/{unit.material_id}/"
    signed_in("xd-1").post(address, {**form(text="Bản mới"), "action-submit": "1"})
    assert "Chào" in signed_in("hv-1").get(lesson).content.decode()
    unit.material.refresh_from_db()
    appraise("td-1", unit.material)
    page = signed_in("hv-1").get(lesson).content.decode()
    assert "Bản mới" in page
    assert "Chào" not in page


def test_a_courses_materials_come_approved_and_say_who_answers_for_them(course: Any) -> None:
    for unit in course.units.select_related("material"):
        said = unit.material.appraisals.get()
        assert (unit.material.is_usable, unit.material.licence, said.appraiser) == (True, "own", None)
        assert "đơn vị chủ trì" in said.comment


def test_loading_a_course_again_makes_new_versions_only_of_what_changed(folder: Any, course: Any) -> None:
    import json

    from conftest import bundle

    from lophoc.operations.bundle import load

    changed = bundle()
    changed["units"][0]["markdown"] = "Khác"
    changed["units"][2]["licence"] = "cc-by"
    (folder / "course.json").write_text(json.dumps(changed), "utf-8")
    load(folder)
    units = course.units.select_related("material")
    assert [unit.material.revisions.count() for unit in units] == [2, 1, 2]
    assert "Khác" in signed_in("hv-1").get("/khoa-hoc/mau/bai-hoc/1/").content.decode()


def test_a_licence_that_nobody_knows_is_refused_in_a_course_file(folder: Any) -> None:
    import json

    from conftest import bundle

    from lophoc.operations.bundle import load

    changed = bundle()
    changed["units"][0]["licence"] = "la"
    (folder / "course.json").write_text(json.dumps(changed), "utf-8")
    with pytest.raises(ValueError, match="licence of 'Bài 1' is 'la', not one of"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("bai.pdf", b"%PDF-1.7 ...", True),
        ("bai.pptx", b"PK\x03\x04....", True),
        ("bai.pdf", b"<html><script>", False),
        ("bai.html", b"<html>", False),
        ("bai.mp4", b"MZ\x90", False),
        ("bai.mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", True),
    ],
)
def test_uploads_are_judged_by_their_content(name: str, content: bytes, taken: bool) -> None:
    from lophoc.content.uploads import checked

    if taken:
        checked(SimpleUploadedFile(name, content))
    else:
        with pytest.raises(ValidationError):
            checked(SimpleUploadedFile(name, content))


def test_an_upload_that_is_too_large_is_refused(settings: Any) -> None:
    from lophoc.content.uploads import checked

    settings.MATERIAL_BYTES = 4
    with pytest.raises(ValidationError, match="lớn hơn"):
        checked(SimpleUploadedFile("bai.pdf", b"%PDF-1.7"))


def test_a_licence_by_contract_names_the_contract(staff: None) -> None:
    from lophoc.content.models import Material

    with pytest.raises(ValidationError, match="hợp đồng"):
        Material(title="x", licence="contract").full_clean()
    Material(title="x", licence="contract", licence_evidence="12/HĐ").full_clean()


def test_the_text_of_a_material_has_no_script_and_keeps_its_tables(staff: None) -> None:
    material = written(text="| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>x</script>")
    page = signed_in("xd-1").get(f"/kho-hoc-lieu/xem/{material.pk}/").content.decode()
    assert "<td>1</td>" in page
    assert "<script>x" not in page


@pytest.mark.parametrize(
    ("name", "status"), [("xd-2", 200), ("td-1", 200), ("tc-1", 200), ("kt-1", 403), ("hv-1", 403)]
)
def test_the_repositorys_people_read_a_material_and_learners_do_not(staff: None, name: str, status: int) -> None:
    assert signed_in(name).get(f"/kho-hoc-lieu/xem/{written().pk}/").status_code == status


def test_the_editor_has_a_policy_of_its_own_and_the_other_pages_the_strict_one(staff: None) -> None:
    policy = signed_in("xd-1").get(LIST).headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "unsafe" not in signed_in("td-1").get(WAITING).headers["Content-Security-Policy"]


def test_the_editor_speaks_vietnamese(staff: None) -> None:
    assert 'lang="vi"' in signed_in("xd-1").get(LIST).content.decode()


@pytest.mark.parametrize(("content", "status"), [(b"PK\x05\x06" + bytes(18), 200), (b"%PDF-1.7", 200)])
def test_a_package_that_can_not_be_played_is_refused_in_the_editor(staff: None, content: bytes, status: int) -> None:
    from lophoc.content.models import Material

    before = Material.objects.count()
    sent = form(kind="package", package=SimpleUploadedFile("goi.zip", content))
    answer = signed_in("xd-1").post(f"{LIST}add/", {**sent, "action-submit": "1"})
    assert answer.status_code == status
    assert Material.objects.count() == before


def letters() -> list[tuple[str, str]]:
    """To whom letters are queued, and their subjects; then the queue is emptied. Wagtail's go to the outbox."""
    from django.core import mail
    from post_office.models import Email

    assert mail.outbox == []
    found = [(each.to[0], each.subject) for each in Email.objects.order_by("pk")]
    Email.objects.all().delete()
    return sorted(found)


def addressed() -> None:
    """Everybody has an address and wants no mail that isn't mandatory."""
    from lophoc.accounts.models import User

    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f"{user.username}@example.org", wants_mail=False)


def test_those_who_may_appraise_get_a_letter_when_a_material_is_submitted(staff: None) -> None:
    from lophoc.accounts.models import User

    addressed()
    User.objects.filter(username="kt-1").update(is_superuser=True)  # whom Wagtail's own letter would go to
    written("ca-hai")
    subject = "Học liệu chờ thẩm định: Bài mới"
    assert letters() == [(f"{name}@example.org", subject) for name in ("quantri", "td-1", "td-2")]


def test_where_appraisers_are_named_they_alone_get_the_letter_and_its_link_leads_to_the_page(staff: None) -> None:
    from post_office.models import Email

    from lophoc.accounts.models import User
    from lophoc.content.models import AppraisalTask

    addressed()
    AppraisalTask.objects.get().appraisers.add(User.objects.get(username="td-2"))
    material = written()
    assert waiting(material) in Email.objects.get().message
    assert [to for to, _ in letters()] == ["td-2@example.org"]


@pytest.mark.parametrize(("decision", "said"), [("approve", "duyệt"), ("reject", "trả lại")])
def test_the_builder_gets_one_letter_with_what_the_appraiser_said(staff: None, decision: str, said: str) -> None:
    from post_office.models import Email

    addressed()
    material = written("xd-2")
    Email.objects.all().delete()
    appraise("td-1", material, decision=decision, comment="Ảnh ở trang 3 chưa rõ nguồn.")
    letter = Email.objects.get()
    assert letter.to == ["xd-2@example.org"]
    assert letter.subject == f'Kết quả thẩm định học liệu "Bài mới": {said}'
    assert "Ảnh ở trang 3 chưa rõ nguồn." in letter.message
    assert f"/kho-hoc-lieu/xem/{material.pk}/" in letter.message
    assert letters() == [("xd-2@example.org", letter.subject)]


def test_real_appraisers_hear_nothing_of_what_the_load_test_submits(staff: None) -> None:
    from lophoc.accounts.models import User

    addressed()
    User.objects.filter(username="xd-1").update(is_load_test=True)
    written()
    assert letters() == []


@pytest.fixture
def packaged(staff: None) -> Any:
    """A material with a package of two parts that waits for its appraiser."""
    from django.core.files.storage import default_storage
    from test_packages import packed, scorm

    from lophoc.packages.intake import take

    files = packed(scorm(["a.html", "b.html?trang=2"]))
    material = written(kind="package", package=SimpleUploadedFile("goi.zip", files.getvalue()))
    assert default_storage.exists(material.latest_revision.as_object().package.name)
    take(material.latest_revision.as_object().package.name)
    return material


def test_an_appraiser_plays_a_package_in_the_learners_sandbox_and_nothing_is_kept_of_it(packaged: Any) -> None:
    from lophoc.packages.models import Package

    answer = signed_in("td-1").get(waiting(packaged))
    page = answer.content.decode()
    assert 'sandbox="allow-scripts allow-forms allow-popups allow-modals"' in page
    assert f"/goi/{Package.objects.get().folder}/a.html" in page
    assert 'data-report=""' in page
    assert "&quot;credit&quot;: false" in page
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
    assert "Kết quả không được ghi nhận" in page


def test_an_appraiser_plays_each_part_of_a_package_and_there_is_no_other(packaged: Any) -> None:
    appraiser = signed_in("td-1")
    assert "/b.html?trang=2" in appraiser.get(f"{waiting(packaged)}?phan=1").content.decode()
    assert "/a.html" in appraiser.get(f"{waiting(packaged)}?phan=x").content.decode()
    assert appraiser.get(f"{waiting(packaged)}?phan=2").status_code == 404


def test_a_package_that_is_not_unpacked_yet_says_so_and_its_page_keeps_the_strict_policy(packaged: Any) -> None:
    from lophoc.packages.models import Package

    Package.objects.all().delete()
    answer = signed_in("td-1").get(waiting(packaged))
    assert "đang được giải nén" in answer.content.decode()
    assert "frame-src" not in answer["Content-Security-Policy"]


def test_why_a_video_could_not_be_cut_is_told_on_the_material_s_page_and_not_to_learners(
    staff: None, course: Any
) -> None:
    from lophoc.content.models import Material
    from lophoc.packages.models import Film

    material = course.units.get(number=1).material
    Material.objects.filter(pk=material.pk).update(video="hoc-lieu/video/a.mp4")
    material.refresh_from_db()
    material.save_revision()
    Film.objects.create(upload="hoc-lieu/video/a.mp4", fault="Invalid data <found>")
    page = signed_in("xd-1").get(f"/kho-hoc-lieu/xem/{material.pk}/").content.decode()
    assert "Lý do: Invalid data &lt;found&gt;" in page
    assert "Invalid data" not in signed_in("hv-1").get("/khoa-hoc/mau/bai-hoc/1/").content.decode()
    Film.objects.update(fault="")
    assert "Lý do:" not in signed_in("xd-1").get(f"/kho-hoc-lieu/xem/{material.pk}/").content.decode()


def withdrawn(username: str, material: Any, because: str = "Ảnh vi phạm bản quyền.") -> Any:
    """Somebody withdraws a material."""
    answer = signed_in(username).post(f"/kho-hoc-lieu/xem/{material.pk}/rut/", {"because": because})
    material.refresh_from_db()
    return answer


@pytest.mark.parametrize("name", ["td-1", "tc-1"])
def test_an_approved_material_is_withdrawn_with_a_reason_that_is_recorded_and_told(staff: None, name: str) -> None:
    from auditlog.models import LogEntry

    material = written()
    appraise("td-2", material)
    addressed()
    page = f"/kho-hoc-lieu/xem/{material.pk}/"
    assert f"{page}rut/" in signed_in(name).get(page).content.decode()
    assert withdrawn(name, material)["Location"] == page
    assert (material.live, material.is_usable) == (False, False)
    said = material.appraisals.first()
    assert (said.decision, said.appraiser.username, said.comment) == ("withdraw", name, "Ảnh vi phạm bản quyền.")
    entry = LogEntry.objects.get_for_object(material).latest("pk")
    assert (entry.actor.username, entry.changes_dict) == (name, {"rút học liệu": ["", "Ảnh vi phạm bản quyền."]})
    assert "Ảnh vi phạm bản quyền." in signed_in("tc-1").get("/nhat-ky/").content.decode()
    assert letters() == [("xd-1@example.org", 'Kết quả thẩm định học liệu "Bài mới": đã rút')]


def test_nothing_is_withdrawn_without_a_reason_nor_twice_nor_by_others(staff: None) -> None:
    material = written()
    assert withdrawn("tc-1", material).status_code == 302
    assert not material.appraisals.exists(), "a draft that was never approved"
    appraise("td-1", material)
    assert withdrawn("tc-1", material, "").status_code == 200
    for name in ("xd-1", "kt-1", "hv-1", "gv-1"):
        assert withdrawn(name, material).status_code == 403
    assert material.live
    withdrawn("tc-1", material)
    withdrawn("td-1", material)
    assert [each.decision for each in material.appraisals.all()] == ["withdraw", "approve"]


def test_what_is_withdrawn_is_shown_no_more_in_open_classes_and_what_was_done_stays(staff: None, course: Any) -> None:
    from lophoc.catalogue.models import Progress

    addressed()
    lesson, learner = "/khoa-hoc/mau/bai-hoc/1/", signed_in("hv-1")
    learner.post(f"{lesson}hoan-thanh/")
    assert "Chào" in learner.get(lesson).content.decode()
    done = Progress.objects.count()
    material = course.units.get(number=1).material
    assert "Khoá mẫu" in signed_in("td-1").get(f"/kho-hoc-lieu/xem/{material.pk}/rut/").content.decode()
    withdrawn("td-1", material)
    page = learner.get(lesson).content.decode()
    assert "Chào" not in page
    assert "mau/1.mp4" not in page
    assert "đã được rút" in page
    assert Progress.objects.count() == done == 1
    told = [to for to, _ in letters()]
    assert told == ["quantri@example.org", "tc-1@example.org"], "organisers, for the course is open"


def test_a_withdrawn_package_is_not_played_and_takes_no_result(staff: None, course: Any) -> None:
    from test_packages import PAGE, PASSED, placed, scorm, told

    placed(course, scorm())
    material = course.units.get(number=4).material
    revision = material.save_revision()
    revision.publish(skip_permission_checks=True)
    material.appraisals.create(revision=revision, decision="approve")
    learner = signed_in("hv-1")
    assert "<iframe" in learner.get(PAGE).content.decode()
    withdrawn("tc-1", material)
    page = learner.get(PAGE).content.decode()
    assert "<iframe" not in page
    assert "đã được rút" in page
    assert told(learner, PASSED).status_code == 404


def test_a_course_with_a_withdrawn_material_does_not_open_until_another_version_is_approved(
    staff: None, course: Any
) -> None:
    from lophoc.catalogue.forms import AddUnitsForm
    from lophoc.catalogue.models import Course
    from lophoc.catalogue.opening import obstacles

    unit = course.units.get(number=1)
    other = Course.objects.create(slug="khac", opens=course.opens, closes=course.closes, access_until=course.closes)
    assert obstacles(course) == []
    assert unit.material in AddUnitsForm(other).fields["materials"].queryset  # type: ignore[attr-defined]
    withdrawn("tc-1", unit.material)
    assert obstacles(course) == ["“Bài 1”: học liệu chưa được thẩm định."]
    assert unit.material not in AddUnitsForm(other).fields["materials"].queryset  # type: ignore[attr-defined]
    address = f"{LIST}edit/{unit.material_id}/"
    signed_in("xd-1").post(address, {**form(text="Bản sửa"), "action-submit": "1"})
    unit.material.refresh_from_db()
    appraise("td-1", unit.material)
    assert obstacles(course) == []
    assert "Bản sửa" in signed_in("hv-1").get("/khoa-hoc/mau/bai-hoc/1/").content.decode()


def test_loading_a_course_file_again_does_not_bring_back_what_was_withdrawn(
    staff: None, folder: Any, course: Any
) -> None:
    import json

    from conftest import bundle

    from lophoc.operations.bundle import load

    material = course.units.get(number=1).material
    withdrawn("tc-1", material)
    (folder / "course.json").write_text(json.dumps(bundle(summary="Khác")), "utf-8")
    assert load(folder)
    material.refresh_from_db()
    assert not material.live
