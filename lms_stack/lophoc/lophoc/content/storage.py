"""Where uploaded files are kept; the edge serves them by signed addresses only."""

from django.core.files.storage import FileSystemStorage

from lophoc.catalogue.media import signed


class SignedStorage(FileSystemStorage):
    """Files below the media root, with the addresses that the edge accepts."""

    def url(self, name: str | None) -> str:
        """The address at which a signed-in person's browser gets a file."""
        return signed(name or "")
