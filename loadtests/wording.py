"""Vietnamese words for what measurements and verdicts name in English: phases, resources, signs, reasons."""

#: Between groups of three digits: a comma is a decimal mark in Vietnamese, a full stop one in English.
_NARROW = "\u202f"

PHASES = {
    "warm-up": "khởi động",
    "hold": "giữ cao điểm",
    "storm": "vào thi ồ ạt",
    "ramp": "tăng dần",
    "recovery": "hồi phục",
}
#: By the names that monitoring/usage.py gives.
RESOURCES = {
    "CPU": "CPU",
    "edge link out": "đường truyền ra",
    "edge link in": "đường truyền vào",
    "application workers": "luồng xử lý của ứng dụng",
    "pgbouncer pool": "kết nối qua pgbouncer",
    "PostgreSQL connections": "kết nối PostgreSQL",
    "database locks": "khóa của cơ sở dữ liệu",
    "disk time": "thời gian đĩa bận",
    "disk space": "dung lượng đĩa",
}
REASONS = {
    "requests failed": "yêu cầu bị lỗi",
    "answers came late": "trả lời chậm",
    "requests could not be made": "không gửi được yêu cầu",
    "the line carries less than planned": "đường truyền tải được ít hơn kế hoạch",
    "this machine has fewer cores than the course needs": "máy này có ít lõi CPU hơn khoá học cần",
    "the cores were slower than planned": "lõi CPU chạy chậm hơn kế hoạch",
    "the cores got slower while the peak was held": "lõi CPU chậm dần trong lúc giữ cao điểm",
    "answers get slower with time": "trả lời chậm dần theo thời gian",
    "the site stood still": "trang đứng im",
    "the site did not come back by itself after an overload": "trang không tự hồi phục sau khi quá tải",
    "the machine was full, and busy with other work": "máy chạy hết công suất vì việc khác",
    "a hypervisor kept the CPU from the machine": "máy ảo hóa không cấp đủ CPU cho máy",
    "the load test was stopped by hand": "phép đo bị dừng giữa chừng",
    "clocks differ": "đồng hồ các máy lệch nhau",
    "the cache was emptied and cold": "bộ nhớ đệm bị xóa, còn nguội",
    "the generator's event loop lagged": "máy phát tải xử lý chậm",
    "the generator waited for its CPU": "máy phát tải phải chờ CPU",
    "the generator missed arrivals": "máy phát tải bỏ lỡ lượt truy cập",
    "the generator's own line was full": "đường truyền của máy phát tải đã đầy",
    "Locust warned of its CPU": "Locust cảnh báo thiếu CPU",
    "too few requests to judge": "quá ít yêu cầu để kết luận",
    "the peak was not held long enough": "giữ cao điểm chưa đủ lâu",
    "a count is impossible": "số đếm vô lý",
    "times are missing": "thiếu số đo thời gian",
    "a class was reported twice": "một loại yêu cầu được báo hai lần",
    "a use is impossible": "mức sử dụng vô lý",
    "nothing is known of the stack's CPU": "không biết CPU của hệ thống bận bao nhiêu",
    "nothing is known of the edge link": "không biết đường truyền bận bao nhiêu",
    "a metric of the stack is missing": "thiếu một số đo của hệ thống",
    "the planned load was not played": "tải theo kế hoạch chưa được phát đủ",
    "the stack is not what was planned": "hệ thống không đúng như kế hoạch",
}
_STORM = "in the exam storm "


def count(value: float) -> str:
    """A number of people, in groups that mean the same in both languages."""
    return f"{value:,.0f}".replace(",", _NARROW)


def both(name: str) -> str:
    """A phase or a resource in both languages; its own name where it has no other."""
    words = (PHASES | RESOURCES).get(name, name)
    return words if words == name else f"{words} / {name}"


def reason(english: str) -> str:
    """The reason of an excuse in Vietnamese; as it is where it is a new one."""
    if english.startswith(_STORM):
        return f"lúc vào thi ồ ạt {reason(english.removeprefix(_STORM))}"
    full = english.removesuffix(" exhausted")
    if full != english:
        return f"đã cạn: {RESOURCES.get(full, full)}"
    known = next((each for each in REASONS if english.startswith(each)), None)
    return english if known is None else REASONS[known] + english.removeprefix(known).replace(" for ", " ")
