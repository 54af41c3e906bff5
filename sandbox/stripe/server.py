"""HTTP in front of the stand-in: the API with Stripe's manners, the hosted page, and knobs for
tests.
"""

import hashlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import stripe

from sandbox.stripe import forms, page
from sandbox.stripe.api import Api
from sandbox.stripe.store import Store, StripeError


class Server(ThreadingHTTPServer):
    """One stand-in on one port. `knobs` make it slow or unreachable."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0, *, path: Path | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.store = Store(
            path, api_version=stripe.api_version, base_url=f"http://localhost:{self.server_port}"
        )
        self.api = Api(self.store)
        self.knobs: dict[str, Any] = {
            "latency": 0.0,
            "status": 0,
            "lose_answer": False,
            "refuse": "",
            "down_once": "",
        }
        self.posts_without_key = 0
        self.calls: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    """Head and body leave in one packet: two small ones wait 40 ms for each other (Nagle against
    delayed acknowledgement).
    """

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent; the log of the site is what matters."""

    def do_GET(self) -> None:
        """Answer a read."""
        self._handle("GET")

    def do_POST(self) -> None:
        """Answer a write."""
        self._handle("POST")

    def do_DELETE(self) -> None:
        """Answer a removal."""
        self._handle("DELETE")

    def _handle(self, method: str) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if url.path.startswith("/v1/"):
            self._api(method, url.path[4:], url.query if method == "GET" else body)
        elif url.path.startswith("/pay/"):
            self._page(method, url.path[5:].strip("/"), body)
        elif url.path.startswith("/receipts/"):
            self._send(
                200,
                "text/html",
                "<!doctype html><html lang=en><title>Receipt stand-in</title><p>A receipt of the stand-in.</p></html>",
            )
        elif url.path == "/_health":
            self._send(200, "text/plain", "ok")
        else:
            self._send(404, "text/plain", "nothing here")

    def _api(self, method: str, path: str, text: str) -> None:
        server = self.server
        server.calls.append(f"{method} {path}")
        if server.knobs["latency"]:
            time.sleep(server.knobs["latency"])
        if server.knobs["status"]:
            self._json(
                server.knobs["status"],
                {"error": {"type": "api_error", "message": "The stand-in was told to fail."}},
            )
            return
        if server.knobs["refuse"] and path.startswith(server.knobs["refuse"]):
            denied = StripeError(
                "The provided key does not have the required permissions.",
                kind="invalid_request_error",
            )
            self._json(403, denied.body)
            return
        if server.knobs["down_once"] == path:
            server.knobs["down_once"] = ""
            self._json(
                500,
                {"error": {"type": "api_error", "message": "The stand-in was told to fail once."}},
            )
            return
        key = self.headers.get("Idempotency-Key", "")
        if method == "POST" and not key:
            server.posts_without_key += 1
        with server.store.lock:
            status, answer = self._once(method, path, text, key)
            server.store.save()
        if server.knobs["lose_answer"]:
            server.knobs["lose_answer"] = False
            self.close_connection = True
            self.connection.close()
            return
        self._json(status, answer)

    def _once(self, method: str, path: str, text: str, key: str) -> tuple[int, dict[str, Any]]:
        """Answer, or repeat the answer this key had. Another request under the same key is an
        error, as at Stripe.
        """
        store, mark = self.server.store, hashlib.sha256(f"{path}?{text}".encode()).hexdigest()
        if method == "POST" and key in store.replays:
            known_mark, status, answer = store.replays[key]
            if known_mark != mark:
                error = StripeError(
                    "Keys for idempotent requests can only be used with the same parameters.",
                    kind="idempotency_error",
                )
                return 400, error.body
            return status, answer
        try:
            status, answer = 200, self.server.api.answer(method, path, forms.parse(text))
        except StripeError as error:
            status, answer = error.status, error.body
        except (KeyError, ValueError) as error:
            status, answer = 400, StripeError(f"Missing or wrong parameter: {error}").body
        if method == "POST" and key:
            store.replays[key] = (mark, status, answer)
        return status, answer

    def _page(self, method: str, key: str, body: str) -> None:
        store = self.server.store
        with store.lock:
            try:
                session = store.get("checkout/sessions", key)
                if method == "POST" and session["status"] == "open":
                    card = parse_qs(body).get("card", [""])[0]
                    if not store.pay(session, card):
                        self._send(
                            200,
                            "text/html",
                            page.render(
                                session, error="Your card was declined. Nothing was charged."
                            ),
                        )
                        return
                    store.save()
                    self._redirect(
                        session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
                    )
                    return
            except StripeError as error:
                self._send(
                    404, "text/html", f"<!doctype html><title>Not found</title><p>{error}</p>"
                )
                return
            text = page.render(session)
        self._send(200, "text/html", text)

    def _json(self, status: int, answer: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(answer))

    def _redirect(self, url: str) -> None:
        self.send_response(303)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Request-Id", "req_sandbox")
        self.end_headers()
        self.wfile.write(data)
