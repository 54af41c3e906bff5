"""The whole organisation as open files, and back into an empty house: one JSON line a row, the
stored files, a readme.

Protected fields are in the clear, so that the files can be read, and brought back, without the keys
of this house.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Field, Model
from django.utils import timezone

from billing.models import Payment
from core.crypt import seal, unseal
from core.sql import copy_rows, execute
from loaf.retention import OUR_ROOMS
from members.keys import map_secrets
from members.models import Member, User

ALSO = ["auth.Group", "account.EmailAddress", "mfa.Authenticator", "socialaccount.SocialAccount"]
"""Tables of others that hold what is ours: ways to sign in."""
SECRETS = {"mfa.Authenticator": "data"}
"""A column of another's table that stands sealed with our keys inside: in the clear in the files,
like every protected field.
"""
PASSING = {
    "members.MailedCode",
    "imports.ImportRow",
    "imports.ImportKey",
    "members.RateCount",
    "members.Paper",
    "members.OwnCopy",
    "loaf.WorkerBeat",
    "loaf.ScheduleSlot",
    "loaf.SweepCount",
}
"""What a house makes anew by itself, or lets go of within days."""
PASSING_FILES = ("papers/", "copies/", "imports/")
README = """The whole organisation, written on {day} by {org}.

data/      one file a table, one row a line, as JSON; the names are those of the columns
files/     what was stored: pictures and documents
manifest.json   how many rows each table has, and the SHA-256 of each file

It holds everything, also what members told in confidence, and how people sign in. Keep it as
you would keep the keys.
Back into an empty house: python manage.py restore_all THIS_FOLDER
"""


class WholeProblem(Exception):
    """It cannot be done; the message may be shown."""


def tables() -> list[type[Model]]:
    """The tables that are ours, in a steady order."""
    found = [
        m
        for m in apps.get_models(include_auto_created=True)
        if m._meta.app_label in OUR_ROOMS and not m._meta.proxy
    ]
    return [
        *(apps.get_model(label) for label in ALSO),
        *(m for m in found if m._meta.label not in PASSING),
    ]


def write_all(folder: Path) -> dict[str, Any]:
    """Write everything into a new folder; returns the manifest. Raises WholeProblem when there is
    something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise WholeProblem(f"{folder} is not empty.")
    (folder / "data").mkdir(parents=True, mode=0o700, exist_ok=True)
    manifest: dict[str, Any] = {"written_at": timezone.now().isoformat(), "tables": {}, "files": {}}
    with transaction.atomic():
        if connection.vendor == "postgresql":
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # one moment for all tables
        for model in tables():
            manifest["tables"][model._meta.label] = _write_table(
                folder / "data" / f"{model._meta.label}.jsonl", model
            )
    for name in stored_files():
        manifest["files"][name] = _copy_out(name, folder / "files" / name)
    (folder / "README.txt").write_text(
        README.format(day=timezone.localdate(), org=settings.ORG["open_name"])
    )
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return manifest


def _write_table(path: Path, model: type[Model]) -> dict[str, Any]:
    names = [field.attname for field in model._meta.local_concrete_fields]
    digest, count = hashlib.sha256(), 0
    with path.open("wb") as out:
        for row in model._base_manager.order_by("pk").values(*names).iterator(chunk_size=2000):
            if secret := SECRETS.get(model._meta.label):
                row[secret] = map_secrets(row[secret], unseal)
            line = (json.dumps(row, cls=Exact, ensure_ascii=False, sort_keys=True) + "\n").encode()
            digest.update(line)
            out.write(line)
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


class Exact(DjangoJSONEncoder):
    """Moments with their microseconds: what is read back equals what was written."""

    def default(self, o: Any) -> Any:
        """ISO 8601 in UTC."""
        return (
            o.astimezone(dt.UTC).isoformat() if isinstance(o, dt.datetime) else super().default(o)
        )


def stored_files(folder: str = "") -> Iterator[str]:
    """The names of all stored files that are kept, in order."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(names):
        yield f"{folder}{name}"
    for name in sorted(folders):
        below = f"{folder}{name}/"
        if below not in PASSING_FILES:
            yield from stored_files(below)


def _copy_out(name: str, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as source, path.open("wb") as out:
        while block := source.read(1 << 20):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def read_all(folder: Path) -> dict[str, Any]:
    """Bring a written organisation into this empty house; all or nothing. Raises WholeProblem."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError) as error:
        raise WholeProblem(f"There is no manifest.json in {folder} that can be read.") from error
    if User.objects.exists() or Member.everyone.exists() or Payment.objects.exists():
        raise WholeProblem("This house is not empty: it has people or money. Use a new database.")
    _check(folder, manifest)
    known = {model._meta.label: model for model in tables()}
    if strange := set(manifest["tables"]) - set(known):
        raise WholeProblem(
            f"This version does not know: {', '.join(sorted(strange))}. Update first."
        )
    with transaction.atomic():
        if connection.vendor == "sqlite":
            execute("PRAGMA defer_foreign_keys = ON")
        for label in manifest["tables"]:  # what the migrations put into a new house gives way
            execute(f'DELETE FROM "{known[label]._meta.db_table}"')  # noqa: S608 (names are ours)
        for label in manifest["tables"]:
            _read_table(folder / "data" / f"{label}.jsonl", known[label])
        for statement in connection.ops.sequence_reset_sql(no_style(), list(known.values())):
            execute(statement)
    for name in manifest["files"]:
        with (folder / "files" / name).open("rb") as source:
            default_storage.save(name, File(source))
    return manifest


def _check(folder: Path, manifest: dict[str, Any]) -> None:
    """Every file is there and is what was written."""
    wanted = {f"data/{label}.jsonl": table["sha256"] for label, table in manifest["tables"].items()}
    wanted |= {f"files/{name}": digest for name, digest in manifest["files"].items()}
    root = folder.resolve()
    for name, digest in wanted.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(root):
            raise WholeProblem(f"{name} lies outside the folder.")
        if not path.is_file():
            raise WholeProblem(f"{name} is missing.")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise WholeProblem(f"{name} was changed since it was written.")


def _read_table(path: Path, model: type[Model]) -> None:
    """One COPY a table, so that what the database proves of a whole posting is proved of whole
    postings.
    """
    fields: list[Field[Any, Any]] = list(model._meta.local_concrete_fields)
    with path.open(encoding="utf-8") as lines:
        rows = (
            [_prepared(field, row.get(field.attname)) for field in fields]
            for row in _sealed(model, map(json.loads, lines))
        )
        copy_rows(model._meta.db_table, [str(field.column) for field in fields], rows)


def _sealed(model: type[Model], rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        if secret := SECRETS.get(model._meta.label):
            row[secret] = map_secrets(row[secret], seal)
        yield row


def _prepared(field: Any, value: Any) -> Any:
    """A value of a JSON line as its column takes it; nothing is set anew (no "changed today")."""
    target = field.target_field if field.is_relation else field
    return field.get_db_prep_save(target.to_python(value), connection)
