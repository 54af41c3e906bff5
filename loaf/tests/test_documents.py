"""Documents that must say what the code does: keys, records, rows of the standard."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from loaf.retention import CLASSES, OUR_ROOMS
from members.actions.status import MOVES
from members.models.member import Status
from members.permissions import PERMISSIONS

ROOT = Path(settings.BASE_DIR)
SECURITY = ROOT / "docs" / "security"
SOURCES = [
    path
    for room in sorted({*OUR_ROOMS, "core"})
    for path in (ROOT / room).rglob("*.py")
    if not {"tests", "migrations"} & set(path.parts)
]


def words(name):
    return (SECURITY / name).read_text(encoding="utf-8")


def test_every_secret_setting_stands_in_the_policy_of_keys():
    named = re.findall(
        r"^# ([A-Z0-9_]*(?:KEYS?|PASSWORD|SECRET)[A-Z0-9_]*)=",
        (ROOT / ".env.example").read_text(),
        re.M,
    )
    policy = words("keys.md").replace(
        "STRIPE_*_SECRET_KEY", "STRIPE_LIVE_SECRET_KEY STRIPE_TEST_SECRET_KEY"
    )
    policy = policy.replace("password of the mail server", "EMAIL_HOST_PASSWORD")
    assert len(named) > 4
    assert [name for name in named if name not in policy] == []


def test_every_kind_of_the_audit_and_every_log_stands_in_the_list():
    listed = words("records.md")
    kinds, logs = set(), set()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        kinds |= set(
            re.findall(
                r"""(?:audit\.record|watch\.refused)\(\s*(?:request, |context\.request, )?f?"([a-z_]+)[."{]""",
                text,
            )
        )
        logs |= set(re.findall(r'getLogger\("(loaf\.[a-z]+)"\)', text))
    assert len(kinds) > 20
    assert [kind for kind in sorted(kinds) if f"`{kind}" not in listed] == []
    assert [name for name in sorted(logs) if f"`{name}`" not in listed] == []


@pytest.mark.parametrize("name", sorted(path.name for path in SECURITY.glob("*.md")))
def test_files_and_tests_that_are_named_exist(name):
    text = words(name)
    paths = re.findall(
        r"`((?:[a-z_]+/)+[a-z_.]+\.(?:py|html|js|md|toml|sh))(?:::([a-z_0-9]+))?`", text
    )
    missing = [path for path, _ in paths if not (ROOT / path).exists()]
    unknown = [
        test
        for path, test in paths
        if test and f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert (missing, unknown) == ([], [])


def test_every_row_of_the_standard_is_met_or_reasoned_and_counted():
    stands = re.findall(r"^\| [\d.]+ [^|]*\| (\w[\w ]*) \|", words("asvs.md"), re.M)
    assert set(stands) == {"met", "reasoned", "not applicable"}
    counted = dict(
        re.findall(
            r"^\| (met|reasoned|not applicable) \| \d+ \| \d+ \| (\d+) \|", words("asvs.md"), re.M
        )
    )
    assert {kind: stands.count(kind) for kind in set(stands)} == {
        kind: int(count) for kind, count in counted.items()
    }


DOMAIN = ROOT / "docs" / "domain.md"


def test_every_state_stands_in_the_domain():
    text = DOMAIN.read_text(encoding="utf-8")
    missing = [
        f"{model.__name__}: {value}"
        for model in apps.get_models()
        if model._meta.app_label in OUR_ROOMS and not model._meta.proxy
        for field in model._meta.concrete_fields
        if field.choices and field.name in ("status", "state")
        for value, label in field.flatchoices
        if value and f"`{value}` {label}" not in text
    ]
    assert missing == []


def test_moves_permissions_and_retention_stand_in_the_domain():
    text = DOMAIN.read_text(encoding="utf-8")
    for begins, ends in MOVES.items():
        first = f"| `{begins}` {Status(begins).label} | " if begins else "| nobody yet | "
        line = next(line for line in text.splitlines() if line.startswith(first))
        assert set(re.findall(r"`(\w+)`", line.removeprefix(first))) == {str(end) for end in ends}
    assert [name for name in PERMISSIONS if f"`{name.partition('.')[2]}`" not in text] == []
    assert [
        one.title for one in CLASSES.values() if f"| {one.title} | {one.kept} |" not in text
    ] == []


@pytest.mark.parametrize("name", ["architecture.md", "domain.md", "tests.md"])
def test_files_and_functions_the_documents_name_exist(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_.]+)`(?:: `([A-Za-z_]+)`)?", text)
    assert named
    assert [path for path, _ in named if not (ROOT / path).exists()] == []
    assert [
        (path, word)
        for path, word in named
        if word and word not in (ROOT / path).read_text(encoding="utf-8")
    ] == []


def test_architecture_answers_twenty_questions():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## Twenty questions")[2].partition("\n## ")[0]
    assert len(re.findall(r"^\| [^|]+\? \| `", table, re.M)) == 20


def test_no_comment_points_at_a_paper_outside_the_repository():
    papers = re.compile(r"\b(?:quality|features|product|house|ui|desk|more)\.md\b|\bcatalogue A\d")
    files = [path for path in ROOT.rglob("*.py") if {".venv", "var"}.isdisjoint(path.parts)]
    this = Path(__file__)
    assert [path for path in files if path != this and papers.search(path.read_text())] == []
