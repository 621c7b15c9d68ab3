"""A gallery of bad course files, each with the very message that it gives."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.course import Objectives, Video, course_schema
from lms_stack.course_file import read_course
from lms_stack.errors import CourseFileError, ExitCode
from lms_stack.yaml_lines import Document

UNIT = Path(__file__).parent.parent
GALLERY = UNIT / "bad_courses"
GOOD = UNIT / "good_course.yaml"
DEMO = UNIT.parent.parent / "courses" / "demo.yaml"
BAD = sorted(GALLERY.glob("*.yaml"))


def test_the_gallery_has_at_least_twelve_pictures() -> None:
    assert len(BAD) >= 12


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_course_file_tells_line_field_and_what_was_expected(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GALLERY)
    with pytest.raises(CourseFileError) as caught:
        read_course(Path(file.name))
    assert caught.value.message + "\n" == file.with_suffix(".expected").read_text("utf-8")
    assert caught.value.exit_code is ExitCode.BAD_INPUT


def test_the_page_on_course_files_quotes_what_is_told() -> None:
    page = (UNIT.parent.parent / "docs" / "course-file.md").read_text("utf-8")
    assert (GALLERY / "17-many-faults-at-once.expected").read_text("utf-8") in page
    told = "\n".join(file.read_text("utf-8") for file in GALLERY.glob("*.expected"))
    rows = [line.rstrip(" |").rpartition(" | ")[2] for line in page.partition("| written | told |")[2].splitlines()]
    quoted = [row for row in rows[2:] if row and not row.startswith(("The whole", "expected an IPv4"))]
    assert len(quoted) >= 9
    assert [row for row in quoted if row not in told] == []


def test_the_same_file_without_its_faults_is_taken() -> None:
    assert read_course(GOOD).learners == 120


def test_a_missing_course_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(CourseFileError, match="can't be read"):
        read_course(tmp_path / "none.yaml")


def test_a_file_that_is_no_text_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseFileError):
        read_course(tmp_path / "course.yaml")


def faults(text: str) -> str:
    """The faults of a course file, written beside the good one so that its files are found; `` if it has none."""
    place = GOOD.with_name("none.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_text", lambda *_: text)
        try:
            read_course(place)
        except CourseFileError as error:
            return "\n".join(map(str, error.problems))
    return ""


def changed(old: str, new: str) -> str:
    """The good course file with one text in it replaced."""
    text = GOOD.read_text("utf-8")
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("learners: 120", "learners: yes", "5: learners: expected a whole number, not true"),
        ("learners: 120", "learners:", "5: learners: expected a whole number, not nothing"),
        ("learners: 120", "learners: 0120", "5: learners: expected a whole number, not '0120'"),
        ("learners: 120", "learners: .inf", "5: learners: expected a whole number, not inf"),
        ("learners: 120", "learners: 6000000", "5: learners: expected at most 5,000,000, not 6000000"),
        ("title: Khoá mẫu", "title: 5", "2: title: expected text, not 5"),
        ("title: Khoá mẫu", "title: ''", "2: title: expected some text, not ''"),
        ("name: mau", "name: Mẫu", "1: name: expected 2 to 32 of a-z, 0-9 and -, beginning with a letter, not 'Mẫu'"),
        ("2027-03-01", "0", "4: dates.opens: expected a day that exists, like 2027-03-01, not 0"),
        ("2027-04-11", "9999-12-31", "4: dates.closes: expected a day that exists, like 2027-03-01, not '9999-12-31'"),
        (
            "opens: 2027-04-09T19:30",
            "opens: 19:30",
            "24: content[4].opens: expected a time that exists, like 2027-04-09T19:30, not '19:30'",
        ),
        (
            "closes: 2027-04-09T21:30",
            "closes: 2027-04-09T19:30",
            "25: content[4].closes: expected a time after the exam's opening, 2027-04-09T19:30",
        ),
        ("time_limit: 15 min", "time_limit: 90 d", "content[2].time_limit: expected between 1 s and 31 d, not '90 d'"),
        (
            "time_limit: 15 min",
            "time_limit: 15:30",
            "16: content[2].time_limit: expected a duration with its unit, like \"45 min\", not '15:30'",
        ),
        (
            "    duration: 45 min",
            "    duration: 45 min\n    attempts: 3",
            "27: content[4].attempts: unknown key; expected one of kind, title, questions, opens, closes, duration",
        ),
        ("  - kind: quiz\n    title", "  - title", "13: content[2]: needs a `kind` that says what it is"),
        ("  kind: lab", "  kind: lab\n1: x", "29: 1: unknown key; expected one of name, title, organiser, summary, "),
        (
            "name: mau",
            "name: mau\nlayout: onebox",
            "layout: expected auto, one_box or split, not 'onebox'; did you mean",
        ),
        ("name: mau", "name: mau\nobjectives: {page_p95: 2 min}", "expected between 10 ms and 60 s, not '2 min'"),
        ("name: mau", "name: mau\nobjectives: 5", "2: objectives: expected keys and values, not 5"),
        ("name: mau", "name: mau\nforum: &a [*a]", "1: the file: is nested too deeply, or contains itself"),
        ("name: mau", "name: mau\nforum: \x01", "2: the file: is not YAML: the character U+0001 may not be in it"),
        ("name: mau", f"name: mau\nlearners: {'9' * 5000}", "1: the file: can't be read: Exceeds the limit"),
        ("name: mau", "name: mau\n---\nname: two", "2: the file: is not YAML: but found another document"),
        ("name: mau", "name: mau\nforum: !!python/name:os.system", "2: the file: is not YAML: could not determine"),
    ],
)
def test_other_faults_are_told_in_the_same_way(old: str, new: str, message: str) -> None:
    assert message in faults(changed(old, new))


@pytest.mark.parametrize("content", ["[]", "{a: 1}", "", "[abc, 5, null]", "5"])
def test_content_that_is_no_list_of_units_is_told_without_words_of_the_library(content: str) -> None:
    text = GOOD.read_text("utf-8").partition("content:")[0] + f"content: {content}\n"
    found = faults(text)
    assert "8: content" in found
    assert not any(word in found for word in ("tuple", "Tuple", "dictionary", "None", "Input", "instance"))


def test_aliases_of_aliases_end_soon() -> None:
    doubled = "\n".join(f"k{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    assert "more than 50,000 values" in faults(f"k0: &a0 x\n{doubled}\n")


SERVERS = """target:
  kind: servers
  operator_address: my-laptop
  hosts:
    - {name: lms-1, address: 203.0.113.10, host_key: nonsense, identity_file: ~/no-such-key}
    - {name: lms-1, address: 203.0.113.10, port: 99999, host_key: ssh-ed25519 AAAA, identity_file: good_course.yaml}
"""


def test_servers_are_named_by_address_and_once() -> None:
    found = faults(GOOD.read_text("utf-8").partition("target:")[0] + SERVERS)
    assert "target.operator_address: expected an IPv4 address, like 203.0.113.10, not 'my-laptop'" in found
    assert "target.hosts[1].host_key: expected the machine's public key, as in its /etc/ssh/" in found
    assert "target.hosts[2].name: expected one of its own, not 'lms-1' again (target.hosts[1])" in found
    assert "target.hosts[2].address: expected one of its own, not '203.0.113.10' again" in found
    assert "target.hosts[2].port: expected at most 65,535, not 99999" in found


def test_a_key_may_lie_in_the_administrators_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = GOOD.read_text("utf-8").partition("target:")[0] + SERVERS
    assert "hosts[1].identity_file" in faults(text)
    (tmp_path / "no-such-key").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "hosts[1].identity_file" not in faults(text)


@given(st.text(max_size=200))
def test_any_text_is_a_course_or_bad_input(text: str) -> None:
    faults(text)


@given(
    st.integers(0, 40),
    st.sampled_from(["", "5", "null", "[]", "{}", "[[1]]", "'x'", "true", "2027-01-01", "!!binary aGk="]),
)
def test_any_value_in_any_place_is_a_course_or_bad_input(line: int, value: str) -> None:
    lines = GOOD.read_text("utf-8").splitlines()
    at = line % len(lines)
    key, _, _ = lines[at].partition(":")
    faults("\n".join([*lines[:at], f"{key}: {value}", *lines[at + 1 :]]))


@given(st.floats(0, 1), st.floats(0.01, 60), st.floats(1, 31 * 86400), st.floats(1e4, 1e12))
def test_every_quantity_comes_back_from_json(share: float, wait: float, seconds: float, bits: float) -> None:
    objectives = Objectives.model_construct(page_p95=wait, failed_requests=share)
    video = Video.model_construct(duration=seconds, bit_rate=bits)
    again = Objectives.model_validate_json(objectives.model_dump_json())
    assert again.page_p95 == pytest.approx(wait)
    assert again.failed_requests == pytest.approx(share)
    back = Video.model_validate_json(video.model_dump_json())
    assert back.duration == pytest.approx(seconds)
    assert back.bit_rate == pytest.approx(bits)


def test_the_schema_for_editors_is_the_one_of_this_version() -> None:
    kept = json.loads(DEMO.with_name("course.schema.json").read_text("utf-8"))
    assert kept == course_schema(), "run ./taphuan schema > courses/course.schema.json"


def test_the_schema_tells_editors_what_each_key_is() -> None:
    schema = course_schema()
    models = [schema, *schema["$defs"].values()]
    for model in models:
        for key, field in model["properties"].items():
            assert field.get("description") or "$ref" in field or key == "kind", f"{model['title']}.{key}"


def test_the_demo_course_and_the_good_one_keep_to_the_schema_and_bad_ones_do_not() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    check = jsonschema.Draft202012Validator(course_schema()).is_valid
    assert all(check(Document(file.read_text("utf-8")).values) for file in (DEMO, GOOD))
    unknown = (GALLERY / "01-unknown-key.yaml").read_text("utf-8")
    assert not check(Document(unknown).values)
