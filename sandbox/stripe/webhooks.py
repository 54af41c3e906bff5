"""Signed deliveries with retries, and knobs to make them late, doubled, shuffled,
forged or stale.
"""

import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
from typing import Any

RETRY_SECONDS = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]


def sign(payload: bytes, secret: str, *, at: int | None = None) -> str:
    """The Stripe-Signature header of a payload."""
    stamp = at if at is not None else int(time.time())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def post(url: str, payload: bytes, header: str) -> int:
    """Send one delivery and return the status (0 when nobody answered)."""
    request = urllib.request.Request(
        url, payload, {"Content-Type": "application/json", "Stripe-Signature": header}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Deliverer:
    """Delivers events to the registered endpoints in the background, or holds them until told."""

    def __init__(self) -> None:
        self.mode = "normal"  # normal, hold, twice
        self.held: list[tuple[str, str, bytes]] = []
        self.log: list[dict[str, Any]] = []

    def send(self, event: dict[str, Any], endpoints: list[dict[str, Any]]) -> None:
        """Deliver one event to each endpoint that wants its type."""
        payload = json.dumps(event).encode()
        for endpoint in endpoints:
            if (
                event["type"] not in endpoint["enabled_events"]
                and "*" not in endpoint["enabled_events"]
            ):
                continue
            delivery = (endpoint["url"], endpoint["secret"], payload)
            if self.mode == "hold":
                self.held.append(delivery)
            else:
                for _ in range(2 if self.mode == "twice" else 1):
                    threading.Thread(target=self._deliver, args=delivery, daemon=True).start()

    def flush(self, *, shuffle: bool = False, copies: int = 1) -> int:
        """Deliver what was held, in the foreground; return how many deliveries that was."""
        held, self.held = self.held * copies, []
        if shuffle:
            random.shuffle(held)
        for delivery in held:
            self._deliver(*delivery)
        return len(held)

    def _deliver(self, url: str, secret: str, payload: bytes) -> None:
        status = 0
        for wait in RETRY_SECONDS:
            time.sleep(wait)
            status = post(url, payload, sign(payload, secret))
            if 200 <= status < 300:
                break
        self.log.append({"type": json.loads(payload)["type"], "status": status})
