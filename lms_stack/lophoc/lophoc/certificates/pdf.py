"""A certificate as a PDF page to print, sign and frame: A4 landscape in the form of a state document (Decree 30/2020).

Lengths are in millimetres, sizes of type in points. The text is Vietnamese whatever the reader's language.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from unicodedata import normalize

import segno
from fpdf import FPDF, Align
from fpdf.enums import XPos, YPos

from lophoc.certificates.models import Certificate
from lophoc.certificates.ornament import rosette, woven

FONTS = Path(__file__).parent / "fonts"
WIDTH, HEIGHT, MARGIN = 297.0, 210.0, 26.0
RED, GOLD, FAINT, INK, QUIET = (170, 18, 28), (168, 126, 44), (246, 238, 219), (24, 28, 36), (88, 92, 100)
STATE = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
REVOKED = "ĐÃ THU HỒI"

Address = Callable[[Certificate], str]


def render(certificates: Iterable[Certificate], address: Address, *, compress: bool = True) -> bytes:
    """One page for each certificate; the QR code leads to its address. A revoked one says so across the page."""
    sheet = _Sheet(orientation="landscape", format="A4")
    sheet.set_compression(compress)
    for certificate in certificates:
        sheet.certificate(certificate, address(certificate))
    return bytes(sheet.output())


class _Sheet(FPDF):
    """A4 landscape with a column that text is centred in, and Tinos in its four styles."""

    width = WIDTH

    def __init__(self, **options: str) -> None:
        super().__init__(**options)  # type: ignore[arg-type]  # the library names its choices one by one
        for style, name in {"": "Regular", "B": "Bold", "I": "Italic", "BI": "BoldItalic"}.items():
            self.add_font("Tinos", style, FONTS / f"Tinos-{name}.ttf")
        self.set_auto_page_break(False)
        self.set_lang("vi")
        self.c_margin = 0

    def certificate(self, given: Certificate, address: str) -> None:
        """Add one certificate."""
        self.set_title(f"{given.heading} {given.number}")
        self.add_page()
        self._frame()
        self._head(given)
        self._body(given)
        self._verification(given, address)
        self._signature(given)
        if not given.is_valid:
            self._revoked()

    def _column(self, x: float, y: float, width: float) -> None:
        self.width = width
        self.set_xy(x, y)

    def _line(self, text: str, size: float, style: str = "", lines: int = 1, leading: float = 0.46) -> float:
        """Centred text, made smaller until it takes so many lines at most, these of even length; its width."""
        text, left = normalize("NFC", text), self.x
        self.set_font("Tinos", style, size)
        while size > 7 and self._count(text, self.width) > lines:
            size -= 0.5
            self.set_font("Tinos", style, size)
        narrow, count = self.width, self._count(text, self.width)
        while count > 1 and self._count(text, narrow - 4) == count:
            narrow -= 4
        self.set_x(left + (self.width - narrow) / 2)
        self.multi_cell(narrow, size * leading, text, align=Align.C, new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.set_x(left)
        return float(min(self.get_string_width(text), narrow))

    def _count(self, text: str, width: float) -> int:
        return len(self.multi_cell(width, 1, text, dry_run=True, output="LINES"))  # type: ignore[arg-type]

    def _rule(self, width: float) -> None:
        """A thin line below what was written last, in the column's middle."""
        left = self.x + (self.width - width) / 2
        self.set_line_width(0.25)
        self.set_draw_color(*INK)
        self.line(left, self.y + 0.8, left + width, self.y + 0.8)

    def _gap(self, height: float) -> None:
        self.set_xy(self.x, self.y + height)

    def _frame(self) -> None:
        """A woven border and a faint rosette, drawn as lines so that they stay sharp at any size."""
        self._curves(FAINT, 0.15, rosette(WIDTH / 2, 110, 50))
        self._curves(GOLD, 0.2, woven(WIDTH, HEIGHT, 11.5, 2.6))
        for inset, thickness in ((7.5, 0.9), (15.5, 0.35), (17, 0.9)):
            self.set_line_width(thickness)
            self.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)
        self.set_fill_color(255, 255, 255)
        for x in (11.5, WIDTH - 11.5):
            for y in (11.5, HEIGHT - 11.5):
                self.set_line_width(0.35)
                self.rect(x - 4, y - 4, 8, 8, style="DF")
                self._curves(GOLD, 0.15, rosette(x, y, 3.4, petals=8, rings=4))

    def _curves(self, colour: tuple[int, int, int], thickness: float, paths: list[list[tuple[float, float]]]) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(thickness)
        for path in paths:
            self.polyline(path)

    def _head(self, given: Certificate) -> None:
        half = WIDTH / 2 - MARGIN - 6
        self.set_text_color(*INK)
        self._column(MARGIN, 25, half)
        if given.parent_body:
            self._line(given.parent_body.upper(), 12.5, lines=2)
        self._rule(self._line(given.organiser.upper(), 13, "B", lines=2) * 0.45)
        self._gap(2.4)
        self._line(f"Số: {given.number}", 12.5)
        self._column(WIDTH / 2 + 6, 25, half)
        self._line(STATE, 13, "B")
        self._rule(self._line(MOTTO, 14, "B"))

    def _body(self, given: Certificate) -> None:
        self._column(MARGIN + 6, 52, WIDTH - 2 * MARGIN - 12)
        self._red(given.heading.upper(), 40)
        self._line(f"{given.organiser} chứng nhận", 15, "I", leading=0.55)
        self._gap(2.5)
        self._line(given.name, 30, "B")
        if work := ", ".join(part for part in (given.school, given.unit) if part):
            self._line(f"Đơn vị công tác: {work}", 15, leading=0.55)
        self._gap(1)
        self._line("đã hoàn thành khóa tập huấn qua mạng", 15, leading=0.55)
        self._gap(1)
        self._red(given.course_title, 21, lines=2)
        self._gap(0.5)
        self._line(_facts(given), 14.5, leading=0.55)

    def _red(self, text: str, size: float, lines: int = 1) -> None:
        self.set_text_color(*RED)
        self._line(text, size, "B", lines=lines)
        self.set_text_color(*INK)

    def _verification(self, given: Certificate, address: str) -> None:
        side, top = 27.0, 154.0
        self._qr(address, MARGIN + 4, top, side)
        self.set_text_color(*QUIET)
        self.set_font("Tinos", "", 10)
        self.set_xy(MARGIN + 8 + side, top + 4)
        code = "-".join(given.code[at : at + 4] for at in range(0, len(given.code), 4))
        site = address.partition("://")[2].partition(given.code)[0].rstrip("/")
        text = f"Xác minh: quét mã bên, hoặc mở\n{site}\nvà nhập mã {code}"
        self.multi_cell(90, 5, text, align=Align.L)

    def _qr(self, address: str, left: float, top: float, side: float) -> None:
        """The address as squares; neighbours in a row are one rectangle, so that no hairlines part them."""
        code = segno.make_qr(address, error="m")
        size = side / code.symbol_size(border=0)[0]
        self.set_fill_color(*INK)
        for y, row in enumerate(code.matrix):
            x = 0
            for dark, run in groupby(row):
                length = len(list(run))
                if dark:
                    self.rect(left + x * size, top + y * size, length * size, size, style="F")
                x += length

    def _signature(self, given: Certificate) -> None:
        self.set_text_color(*INK)
        self._column(WIDTH - MARGIN - 106, 148, 102)
        self._line(f"{given.place}, {_day(given)}" if given.place else _day(given).capitalize(), 14, "I")
        self._line(given.signer_title.upper(), 14, "B", lines=2, leading=0.5)
        self._column(WIDTH - MARGIN - 106, 182, 102)
        self._line(given.signer_name, 15, "B")

    def _revoked(self) -> None:
        self._column(0, HEIGHT / 2 - 20, WIDTH)
        self.set_draw_color(*RED)
        with self.local_context(text_mode="STROKE", line_width=0.8), self.rotation(24, WIDTH / 2, HEIGHT / 2):
            self._line(REVOKED, 96, "B")


def _day(given: Certificate) -> str:
    """The day of issue as state documents write it: days under 10 have a nought, and so have the months 1 and 2."""
    day = given.issued_on
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def _facts(given: Certificate) -> str:
    facts = [f"từ ngày {given.opens:%d/%m/%Y} đến ngày {given.closes:%d/%m/%Y}"]
    if given.hours:
        facts.append(f"thời lượng {given.hours} giờ")
    if given.result:
        facts.append(f"xếp loại: {given.result}")
    return "; ".join(facts)
