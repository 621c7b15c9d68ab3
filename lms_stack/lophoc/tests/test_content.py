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
