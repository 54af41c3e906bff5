"""A renamed field stops the site at its start: statements are held against the models."""

import re
from types import ModuleType

import pytest

from core import schema
from imports.checks import STATEMENTS


def module(**held):
    made = ModuleType("made.up")
    vars(made).update(held)
    return made


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT id FROM members_member WHERE emial <> ''", "“emial”, which no table it uses has"),
        ("SELECT m.emial FROM members_member m", "“m.emial”, which members_member has not"),
        ("UPDATE members_member SET emial = ''", "writes “emial”, which members_member has not"),
        ("INSERT INTO members_tag (nmae) VALUES (%(a)s)", "writes “nmae”, which members_tag has"),
        ("DELETE FROM members_people WHERE id = 1", "“members_people”, which no table it uses"),
    ],
)
def test_name_no_model_has_is_said(statement, said):
    assert any(said in sentence for sentence in schema.unknown_names(module(ASK=statement)))


def test_names_a_statement_gives_itself_are_known():
    statement = (
        "WITH twice(address, count) AS (SELECT email, COUNT(*) FROM members_member GROUP BY email) "
        "SELECT t.address, t.count AS many FROM twice t WHERE t.count > %(least)s AND 'emial' <> ''"
    )
    assert not list(schema.unknown_names(module(ASK=statement)))


def test_statements_of_imports_name_what_there_is():
    assert not schema.check(STATEMENTS, code="imports.E001")


def test_nearly_every_rename_would_be_found(monkeypatch):
    """Each column the statements name is taken away once. What is missed stands without its table
    in a statement that has another table with a column of that name.
    """
    tables = schema._tables()
    held = [text for one in STATEMENTS for _, text in schema.statements(one)]
    named = {
        (table, column)
        for table, columns in tables.items()
        for column in columns - {"id"}
        if any(re.search(rf"\b{table}\b", t) and re.search(rf"\b{column}\b", t) for t in held)
    }
    missed = []
    for table, column in sorted(named):
        renamed = {**tables, table: tables[table] - {column}}
        monkeypatch.setattr(schema, "_tables", lambda renamed=renamed: renamed)
        if not schema.check(STATEMENTS, code="imports.E001"):
            missed.append((table, column))
    assert len(named) > 200
    assert len(missed) < len(named) / 15, missed
