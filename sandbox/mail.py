"""An SMTP server that keeps what it is given, and a page to read it."""

import email
import email.policy
import json
import threading
import time
from email.message import EmailMessage
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Box:
    """The mails that came, newest last; also as .eml files when a folder is given."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.mails: list[dict[str, Any]] = []
        self.refused: set[str] = set()  # addresses that do not exist on the other side
        self.fail_with = ""  # e.g. "451 try later", to play a mail server that is ill
        self.lock = threading.Lock()

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: list[str]
    ) -> str:
        """Take an address, or say that nobody has it."""
        if address in self.refused:
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take one message."""
        if self.fail_with:
            return self.fail_with
        message: EmailMessage = email.message_from_bytes(
            envelope.content, policy=email.policy.default
        )  # type: ignore[assignment]
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        mail = {
            "to": envelope.rcpt_tos,
            "from": str(message["From"]),
            "subject": str(message["Subject"]),
            "text": plain.get_content() if plain else "",
            "html": html.get_content() if html else "",
            "message_id": str(message["Message-ID"]),
            "at": time.time(),
        }
        with self.lock:
            self.mails.append(mail)
            if self.folder:
                (self.folder / f"{len(self.mails):05d}.eml").write_bytes(envelope.content)
        return "250 OK"

    def to(self, address: str) -> list[dict[str, Any]]:
        """Mails to one address, oldest first."""
        with self.lock:
            return [mail for mail in self.mails if address in mail["to"]]


class SmtpServer:
    """The SMTP side, in a thread of its own."""

    def __init__(self, box: Box, port: int = 0) -> None:
        self.controller = Controller(box, hostname="127.0.0.1", port=port or _free_port())
        self.port = self.controller.port

    def start(self) -> None:
        """Begin to listen."""
        self.controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self.controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Reader(ThreadingHTTPServer):
    """The page on which the mails are read."""

    daemon_threads = True

    def __init__(self, box: Box, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.box = box


class _Handler(BaseHTTPRequestHandler):
    server: Reader

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        """List the mails, show one, or give them as JSON."""
        with self.server.box.lock:
            mails = list(self.server.box.mails)
        if self.path.startswith("/api/"):
            self._send("application/json", json.dumps(mails))
            return
        name = self.path.strip("/")
        if name.isdigit() and int(name) < len(mails):
            self._send(
                "text/html",
                mails[int(name)]["html"] or f"<pre>{escape(mails[int(name)]['text'])}</pre>",
            )
            return
        rows = "".join(
            f"<tr><td>{time.strftime('%H:%M:%S', time.localtime(m['at']))}</td><td>{escape(', '.join(m['to']))}</td>"
            f"<td><a href='/{n}'>{escape(m['subject'])}</a></td><td><pre>{escape(m['text'])}</pre></td></tr>"
            for n, m in reversed(list(enumerate(mails)))
        )
        self._send(
            "text/html",
            f"<!doctype html><html lang=en><title>Mails</title><h1>{len(mails)} mails</h1><table border=1>{rows}</table></html>",
        )

    def _send(self, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
