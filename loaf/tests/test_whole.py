"""The whole organisation out as open files, and into an empty house: what comes back is what went
out.
"""

import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from billing import closing, ledger
from core.sql import execute
from loaf import whole
from loaf.management.commands.totals import totals
from members import audit
from members.models import Member, Note, User
from tests.factories import let_one_decide, make_staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def folders(tmp_path_factory):
    """Beside the storage, not in it."""
    return tmp_path_factory.mktemp("whole")


@pytest.fixture
def club(settings):
    settings.DEBUG = True
    call_command("demo", "--members", "25", "--password", "place-at-the-table")
    Note.objects.create(
        member=Member.objects.first(),
        kind="care",
        text="Told in confidence: ünïcode, “quotes”\nand lines",
    )
    boss = make_staff("superadmin")
    month = closing.next_to_close(timezone.localdate())
    let_one_decide(closing.ACT, by=boss)
    assert closing.ask_close(month=month, reason="", by=boss).done_at
    default_storage.save("photos/a/large.webp", ContentFile(b"\x00picture"))
    default_storage.save("papers/gone.csv", ContentFile(b"not kept"))


def empty_house():
    """As after migrate: nothing but what the migrations put there, which gives way."""
    names = ", ".join(f'"{model._meta.db_table}"' for model in whole.tables())
    if connection.vendor == "postgresql":
        execute(f"TRUNCATE {names} CASCADE")
    else:
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            for model in whole.tables():
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
            for _, sql in triggers:
                cursor.execute(sql)


def test_everything_comes_back_equal_and_works(club, folders):
    before, people = totals(), Member.everyone.count()
    call_command("export_all", folders / "out")
    first = json.loads((folders / "out" / "manifest.json").read_text())
    assert first["tables"]["members.Member"]["rows"] == people
    assert list(first["files"]) == ["photos/a/large.webp"]
    assert "Told in confidence" in (folders / "out" / "data" / "members.Note.jsonl").read_text(), (
        "open files need no key"
    )
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore_all", folders / "out")
    empty_house()
    default_storage.delete("photos/a/large.webp")
    call_command("restore_all", folders / "out")
    whole.write_all(folders / "again")
    again = json.loads((folders / "again" / "manifest.json").read_text())
    assert again["tables"] == first["tables"]
    assert again["files"] == first["files"]
    assert totals() == before
    assert ledger.proof() == []
    assert Note.objects.get(
        kind="care", text__isnull=False, member=Member.objects.first()
    ).text.startswith("Told in confidence")
    assert Member.objects.create(first_name="New").pk > 0, "ids go on behind the last one"
    assert User.objects.get(email="member@example.org").check_password("place-at-the-table")
    audit.seal()
    call_command("audit_verify")


@pytest.mark.parametrize("harm", ["changed", "missing", "manifest", "strange", "outside"])
def test_harmed_files_bring_nothing(club, folders, harm):
    folder = folders / "out"
    whole.write_all(folder)
    empty_house()
    manifest = json.loads((folder / "manifest.json").read_text())
    path = folder / "data" / "members.Member.jsonl"
    if harm == "changed":
        path.write_text(path.read_text().replace("Houston", "Dallas"))
    elif harm == "missing":
        path.unlink()
    elif harm == "manifest":
        (folder / "manifest.json").write_text("{")
    elif harm == "strange":
        manifest["tables"]["members.Unknown"] = {
            "rows": 0,
            "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        }
        (folder / "data" / "members.Unknown.jsonl").write_text("")
        (folder / "manifest.json").write_text(json.dumps(manifest))
    else:
        manifest["files"]["../../../etc/hostname"] = "0"
        (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(whole.WholeProblem):
        whole.read_all(folder)
    assert not Member.everyone.exists()


def test_folder_with_something_in_it_is_not_written_over(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export_all", tmp_path)
