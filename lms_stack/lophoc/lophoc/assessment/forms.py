"""What is taken as an essay: judged by its content, not by its name alone."""

from pathlib import PurePath

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

#: The first bytes of what may be handed in, by the ending of its name.
BEGINNINGS = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04", ".odt": b"PK\x03\x04"}


class EssayForm(forms.Form):
    """One file."""

    file = forms.FileField(label="Tệp bài luận (PDF, DOCX hoặc ODT, tối đa 20 MB)", max_length=180)

    def clean_file(self) -> UploadedFile:
        """Refuse what is too large, of another kind, or not what its name says."""
        file: UploadedFile = self.cleaned_data["file"]
        beginning = BEGINNINGS.get(PurePath(file.name or "").suffix.lower())
        if beginning is None:
            raise forms.ValidationError("Chỉ nhận tệp PDF, DOCX hoặc ODT.")
        if (file.size or 0) > settings.ESSAY_BYTES:
            raise forms.ValidationError("Tệp lớn hơn 20 MB.")
        if not file.read(8).startswith(beginning):
            raise forms.ValidationError("Nội dung tệp không đúng với phần mở rộng của tên tệp.")
        file.seek(0)
        return file
