"""`make run`: the site, the worker, the clock and the sandbox in one terminal; one Ctrl-C stops
them all.
"""

import os
import signal
import socket
import subprocess
import sys
import time

from sandbox.__main__ import MAIL_PORT, S3_PORT, SMTP_PORT, STRIPE_PORT, refuse_live_keys

PORT = int(os.environ.get("PORT", "8000"))
PYTHON = sys.executable
ENVIRONMENT = {**os.environ, "DEVELOPMENT": "1", "PYTHONUNBUFFERED": "1"}


def manage(*words: str) -> None:
    """Run one management command to its end."""
    subprocess.run([PYTHON, "manage.py", *words], check=True, env=ENVIRONMENT)


def start(*words: str) -> subprocess.Popen[bytes]:
    """Start one part; it gets its own process group, so that Ctrl-C reaches it through us, in
    order.
    """
    return subprocess.Popen([PYTHON, *words], env=ENVIRONMENT, start_new_session=True)


def wait_for(port: int, seconds: float = 20) -> bool:
    """Wait until something answers on the port."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(0.3)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def refuse_taken_ports() -> None:
    """Say which port is in use instead of failing later."""
    taken = [
        port for port in (PORT, STRIPE_PORT, SMTP_PORT, MAIL_PORT, S3_PORT) if wait_for(port, 0.05)
    ]
    if taken:
        sys.exit(
            f"Port {', '.join(map(str, taken))} is in use. Stop what runs there (another make run?), or set PORT for the site."
        )


def main() -> None:
    """Prepare, start everything, wait for Ctrl-C."""
    refuse_live_keys()
    refuse_taken_ports()
    manage("migrate", "-v", "0")
    manage("createcachetable", "-v", "0")
    manage("demo", "--if-empty")
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    parts = [start("-m", "sandbox")]
    try:
        if not wait_for(STRIPE_PORT):
            sys.exit("The sandbox did not start.")
        manage("stripe_endpoint")
        commands: list[tuple[str, ...]] = [
            ("-m", "sandbox"),
            ("manage.py", "worker"),
            ("manage.py", "clock"),
        ]
        commands.append(("manage.py", "runserver", "--noreload", f"localhost:{PORT}"))
        parts += [start(*command) for command in commands[1:]]
        if wait_for(PORT):
            print(welcome(), flush=True)
        while not stopped:
            restart_what_ended(parts, commands)
            time.sleep(0.3)
    finally:
        stop_all(parts)


def restart_what_ended(
    parts: list[subprocess.Popen[bytes]], commands: list[tuple[str, ...]]
) -> None:
    """Start a part that ended once more, as a platform or a service manager does on a real site;
    not more than once a second.
    """
    for place, (part, command) in enumerate(zip(parts, commands, strict=True)):
        if part.poll() is not None:
            print(
                f"{' '.join(command)} ended with {part.returncode}; it is started again.",
                flush=True,
            )
            time.sleep(1)
            parts[place] = start(*command)


def stop_all(parts: list[subprocess.Popen[bytes]]) -> None:
    """Ask each part to stop, the newest first; one that does not within ten seconds is ended."""
    for part in reversed(parts):
        if part.poll() is None:
            part.terminate()
    for part in parts:
        try:
            part.wait(timeout=10)
        except subprocess.TimeoutExpired:
            part.kill()


def welcome() -> str:
    """What a newcomer needs to know."""
    roles = "superadmin, admin, finance, membership, events, communications, member"
    return f"""
  The site      http://localhost:{PORT}/
  The desk      http://localhost:{PORT}/admin/
  The mails     http://localhost:{MAIL_PORT}/     (codes to sign in arrive here)
  Demo logins   {roles}  – each @example.org
  Password      place-at-the-table   (or ask for a code)
  Test card     4242 4242 4242 4242

  Ctrl-C stops everything.
"""


if __name__ == "__main__":
    main()
