"""The questions that a survey has until an organiser changes them, on the three subjects that Article 10.9 names."""

from lophoc.surveys.models import Question, Survey

_ORGANISATION, _CONTENT, _SYSTEM = Question.Section.values
_LIKERT, _CHOICE, _TEXT = Question.Kind.values

#: Section, kind, question, choices.
Written = tuple[str, str, str, str]
_END: list[Written] = [
    (_SYSTEM, _TEXT, "Thầy, cô gặp khó khăn gì khi dùng hệ thống? Đề xuất cải tiến điều gì?", ""),
]
LEARNERS: list[Written] = [
    (_ORGANISATION, _LIKERT, "Thông báo và hướng dẫn tham gia lớp tập huấn rõ ràng, kịp thời", ""),
    (_ORGANISATION, _LIKERT, "Thời gian và lịch học phù hợp với công việc của thầy, cô", ""),
    (_ORGANISATION, _LIKERT, "Người dạy và cố vấn học tập giải đáp, hỗ trợ tận tình", ""),
    (_ORGANISATION, _TEXT, "Góp ý về công tác tổ chức", ""),
    (_CONTENT, _LIKERT, "Nội dung thiết thực, áp dụng được vào công việc", ""),
    (_CONTENT, _LIKERT, "Bài giảng, học liệu rõ ràng và hấp dẫn", ""),
    (_CONTENT, _LIKERT, "Bài kiểm tra, bài tập phù hợp với nội dung đã học", ""),
    (_CONTENT, _CHOICE, "Khối lượng nội dung so với thời gian tập huấn", "Quá ít\nVừa phải\nQuá nhiều"),
    (_CONTENT, _TEXT, "Góp ý về nội dung tập huấn", ""),
    (_SYSTEM, _LIKERT, "Trang học dễ sử dụng", ""),
    (_SYSTEM, _LIKERT, "Hệ thống ổn định; trang và video mở nhanh", ""),
    (_SYSTEM, _LIKERT, "Hỗ trợ kỹ thuật nhanh và hữu ích", ""),
    (_SYSTEM, _CHOICE, "Thầy, cô thường học bằng thiết bị nào?", "Máy tính\nĐiện thoại\nMáy tính bảng"),
    *_END,
]
INSTRUCTORS: list[Written] = [
    (_ORGANISATION, _LIKERT, "Kế hoạch, phân công và hướng dẫn cho người dạy rõ ràng", ""),
    (_ORGANISATION, _LIKERT, "Sĩ số lớp phù hợp để theo dõi và hỗ trợ người học", ""),
    (_ORGANISATION, _LIKERT, "Người học tham gia tích cực, đúng tiến độ", ""),
    (_ORGANISATION, _TEXT, "Góp ý về công tác tổ chức", ""),
    (_CONTENT, _LIKERT, "Nội dung phù hợp với mục tiêu và đối tượng tập huấn", ""),
    (_CONTENT, _LIKERT, "Học liệu số đầy đủ, có chất lượng", ""),
    (_CONTENT, _LIKERT, "Hình thức kiểm tra đánh giá đúng kết quả học tập", ""),
    (_CONTENT, _TEXT, "Góp ý về nội dung tập huấn", ""),
    (_SYSTEM, _LIKERT, "Các chức năng theo dõi, chấm bài, trao đổi dễ sử dụng", ""),
    (_SYSTEM, _LIKERT, "Hệ thống ổn định, đáp ứng việc dạy học qua mạng", ""),
    (_SYSTEM, _LIKERT, "Hỗ trợ kỹ thuật nhanh và hữu ích", ""),
    *_END,
]
QUESTIONS = {Survey.Audience.LEARNERS: LEARNERS, Survey.Audience.INSTRUCTORS: INSTRUCTORS}
