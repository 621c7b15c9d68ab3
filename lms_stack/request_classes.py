"""The one vocabulary of request classes that joins views, logs, metrics, Locust and the service-demand table."""

from enum import StrEnum


class RequestClass(StrEnum):
    """What one HTTP request asks of the LMS."""

    LOGIN_FORM = "login_form"
    LOGIN = "login"
    COURSE_LIST = "course_list"
    COURSE_PAGE = "course_page"
    LESSON_PAGE = "lesson_page"
    LESSON_DONE = "lesson_done"
    VIDEO_PLAYLIST = "video_playlist"
    VIDEO_SEGMENT = "video_segment"
    QUIZ_PAGE = "quiz_page"
    QUIZ_ATTEMPT = "quiz_attempt"
    QUIZ_SAVE = "quiz_save"
    QUIZ_SUBMIT = "quiz_submit"
    FORUM_READ = "forum_read"
    FORUM_POST = "forum_post"
    ESSAY_FORM = "essay_form"
    ESSAY_UPLOAD = "essay_upload"
    ANNOUNCEMENTS = "announcements"
    CALENDAR = "calendar"
    INBOX = "inbox"
    MY_RESULTS = "my_results"
    PACKAGE_PAGE = "package_page"
    PACKAGE_FILE = "package_file"
    PACKAGE_REPORT = "package_report"
    SURVEY = "survey"
    SURVEY_SUBMIT = "survey_submit"
    SESSION_JOIN = "session_join"
    CERTIFICATES = "certificates"
    CERTIFICATE_PDF = "certificate_pdf"
    MESSAGE_FORM = "message_form"
    MESSAGE_POST = "message_post"
    GRADEBOOK = "gradebook"
    LEARNER_PROGRESS = "learner_progress"
    MARKING = "marking"
    MARK_ESSAY = "mark_essay"
    ATTENDANCE = "attendance"
    ATTENDANCE_SAVE = "attendance_save"
    CONTENT_FORM = "content_form"
    CONTENT_UPLOAD = "content_upload"
    COURSE_REPORTS = "course_reports"
    GRADEBOOK_EXPORT = "gradebook_export"
    ANNOUNCEMENT_POST = "announcement_post"
    STATIC_ASSET = "static_asset"


#: Served by the edge alone, from files: no application, database or cache work.
FILE_CLASSES = frozenset(
    {
        RequestClass.VIDEO_PLAYLIST,
        RequestClass.VIDEO_SEGMENT,
        RequestClass.STATIC_ASSET,
        RequestClass.PACKAGE_FILE,
    }
)
