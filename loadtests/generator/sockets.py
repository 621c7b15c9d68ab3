"""Connections of their own, beside the browsers': for learners on a slow line, and for measuring the line itself."""

import socket
import ssl
from http.client import HTTPSConnection
from urllib.parse import urlsplit


class Line:
    """The way to the site: its address and the certificate authority that it must show a certificate of."""

    def __init__(self, url: str, ca_certificate: str, time_out: float) -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), parts.port or 443
        self.time_out = time_out
        self._context = ssl.create_default_context(cafile=ca_certificate)

    def connect(self, *, receive: int | None = None, send: int | None = None) -> HTTPSConnection:
        """A new connection.

        :param receive: bytes that the kernel may hold for us before we take them; small, so that the sender feels it.
        :param send: bytes that the kernel takes from us before they are on their way.
        :raises OSError: the site doesn't answer.
        """
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        raw.settimeout(self.time_out)
        for option, size in ((socket.SO_RCVBUF, receive), (socket.SO_SNDBUF, send)):
            if size is not None:
                raw.setsockopt(socket.SOL_SOCKET, option, size)
        connection = HTTPSConnection(self.host, self.port, timeout=self.time_out, context=self._context)
        try:
            raw.connect((self.host, self.port))
            connection.sock = self._context.wrap_socket(raw, server_hostname=self.host)
        except OSError:
            raw.close()
            raise
        return connection
