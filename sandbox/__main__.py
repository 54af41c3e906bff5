"""`python -m sandbox`: the stand-ins for Stripe, mail and S3 on their development ports, until
Ctrl-C.
"""

import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.mail import Box, Reader, SmtpServer
from sandbox.stripe.server import Server

STRIPE_PORT, SMTP_PORT, MAIL_PORT, S3_PORT = 8031, 8025, 8032, 8033


def refuse_live_keys() -> None:
    """Never stand beside real money."""
    named = [name for name, value in os.environ.items() if "STRIPE" in name and "_live_" in value]
    if named or os.environ.get("STRIPE_LIVE_MODE", "").lower() in ("1", "true", "yes", "on"):
        sys.exit(
            f"The sandbox refuses to start beside live Stripe keys ({', '.join(named) or 'STRIPE_LIVE_MODE'})."
        )


def main() -> None:
    """Start everything and wait."""
    refuse_live_keys()
    folder = Path(os.environ.get("VAR_DIR", "var")) / "sandbox"
    (folder / "mail").mkdir(parents=True, exist_ok=True)
    box = Box(folder / "mail")
    SmtpServer(box, SMTP_PORT).start()
    for server in (Reader(box, MAIL_PORT), Server(STRIPE_PORT, path=folder / "stripe.json")):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    start_s3(S3_PORT)
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    stopped.wait()


def start_s3(port: int) -> object:
    """An S3 of the moto library with one private bucket, "loaf"."""
    import logging

    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    _host, bound = server.get_host_and_port()
    keys = {
        "aws_access_key_id": "sandbox",
        "aws_secret_access_key": "sandbox",
        "region_name": "us-east-1",
    }
    boto3.client("s3", endpoint_url=f"http://127.0.0.1:{bound}", **keys).create_bucket(
        Bucket="loaf"
    )
    return server


if __name__ == "__main__":
    main()
