"""How PostgreSQL goes about matching a job it has not looked at yet, beside a large one it has."""

import json

import pytest
from django.db import connection

from core.sql import execute
from imports import actions
from imports.models import ImportJob
from imports.tests.test_samples import DATA, JOBS

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.slow]
OLD = 2_000


def older_job():
    """A large job that was matched long ago, as the stage and the planner remember it."""
    job = ImportJob.objects.create(status=ImportJob.Status.FINISHED)
    old = {"job": job.pk, "rows": OLD}
    execute(
        "INSERT INTO imports_importrow (job_id, file_id, record, line, kind, action, reasons, new_status)"
        " SELECT %(job)s, 0, n, n, kind, 'create', '[]', '' FROM generate_series(1, %(rows)s) n, (VALUES ('person'), ('payment')) k (kind)",
        old,
    )
    execute(
        "INSERT INTO imports_importkey (job_id, file_id, record, value) SELECT %(job)s, 0, n, 'k' || n FROM generate_series(1, %(rows)s) n",
        old,
    )
    execute("ANALYZE")


def nested_loops(plan):
    found = [plan] if plan["Node Type"] == "Nested Loop" else []
    return found + [loop for child in plan.get("Plans", []) for loop in nested_loops(child)]


def uploads(names):
    return [(name, (DATA / name).open("rb"), (DATA / name).stat().st_size, "") for name in names]


@pytest.mark.parametrize("name", JOBS)
def test_no_statement_asks_a_table_anew_for_each_row(name):
    older_job()
    job = actions.create_job(uploads=uploads(JOBS[name]["files"]), by=None)
    looked_at, slow = [], []

    def look(run, sql, params, many, context):
        if sql.lstrip().startswith("UPDATE imports_importrow"):
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params)
                looked_at.append(sql)
                slow.extend(
                    (sql, json.dumps(loop))
                    for loop in nested_loops(cursor.fetchone()[0][0]["Plan"])
                )
        return run(sql, params, many, context)

    with connection.execute_wrapper(look):
        actions.preview(job.pk)
    assert len(looked_at) > 10
    assert not slow, f"{len(slow)} of {len(looked_at)}: {slow[0]}"
