"""Bring in files from the command line: the same job as in the admin, done at once."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import Plan
from core.money import plain_amount
from imports import actions, balancing, plans
from imports.models import ImportJob, ImportRow


class Command(BaseCommand):
    """`manage.py import_files [--dry-run] [--json] FILE…`."""

    help = (
        "One import job over the files, recognised by their headers; prints counts, rejected lines"
        " with reasons, totals."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Preview only.")
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--overwrite",
            action="store_true",
            help="Take the file's value where the list has another.",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="All or nothing: bring in nothing while a line is refused or in doubt.",
        )
        parser.add_argument(
            "--plan",
            action="append",
            default=[],
            metavar="THEIRS=OURS",
            help="Which of our plans one of theirs is.",
        )
        parser.add_argument(
            "--day-first",
            action="store_true",
            help="Read 03/04/2021 as April 3 where no line of a file tells.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        job = self._job(options)
        actions.preview(job.pk)
        self._read_dates_as_said(job, day_first=options["day_first"])
        job.refresh_from_db()
        if job.status == ImportJob.Status.FAILED:
            raise CommandError(job.error)
        self._plans_as_said(job, options["plan"])
        if not options["dry_run"]:
            try:
                actions.start_run(job=job, by=None, hand_over=False)
            except actions.UploadProblem as problem:
                raise CommandError("\n".join(problem.problems)) from None
            actions.run(job.pk)
            job.refresh_from_db()
        report = self._report(job)
        if options["dry_run"]:
            job.delete()
        self.stdout.write(
            json.dumps(report, indent=2, ensure_ascii=False)
            if options["json"]
            else self._text(report)
        )

    def _read_dates_as_said(self, job: ImportJob, *, day_first: bool) -> None:
        """Nobody can be asked here: dates no line explains are read as the option says, and the
        report says so.
        """
        if (
            job.files.filter(asks_order=True, day_first=None).update(day_first=day_first)
            and day_first
        ):
            actions.preview(job.pk)

    def _plans_as_said(self, job: ImportJob, said: list[str]) -> None:
        """Each --plan "Theirs=Ours"; what nobody said comes in closed, under its own name, and
        renews for nobody.
        """
        ours = {plan.name.upper(): plan.pk for plan in Plan.objects.order_by("is_active")}
        answers = {}
        for pair in said:
            theirs, _, mine = pair.partition("=")
            if mine.strip().upper() not in ours:
                raise CommandError(
                    f"There is no plan “{mine.strip()}” here. There are:"
                    f" {', '.join(Plan.objects.values_list('name', flat=True))}."
                )
            answers[theirs.strip()] = ours[mine.strip().upper()]
        if answers:
            plans.answer(job=job, answers=answers, by=None)
            job.refresh_from_db()
        plans.keep_what_is_open(job)

    def _job(self, options: dict[str, Any]) -> ImportJob:
        streams = []
        try:
            for path in options["files"]:
                if not path.is_file():
                    raise CommandError(f"There is no file {path}.")
                streams.append((path.name, path.open("rb"), path.stat().st_size, ""))
            return actions.create_job(
                uploads=streams,
                by=None,
                overwrite=options["overwrite"],
                good_rows_only=not options["strict"],
            )  # type: ignore[arg-type]
        except actions.UploadProblem as problem:
            raise CommandError("\n".join(problem.problems)) from None
        finally:
            for _, stream, _, _ in streams:
                stream.close()

    def _report(self, job: ImportJob) -> dict[str, Any]:
        rows = ImportRow.objects.filter(job=job).select_related("file").order_by("file", "record")
        refused, doubts = rows.filter(action="reject"), rows.filter(action="doubt")
        noted = rows.exclude(reasons=[], why="").exclude(action__in=["reject", "skip", "doubt"])
        return {
            "job": job.pk,
            "status": job.status,
            "files": [
                {
                    "name": f.name,
                    "kind": f.reader,
                    "encoding": f.encoding,
                    "delimiter": f.delimiter,
                    "asks_order": f.asks_order,
                    "day_first": f.day_first,
                }
                for f in job.files.all()
            ],
            "plans": [
                {"name": one.name, "ours": one.said or None, "lines": one.lines}
                for one in plans.questions(job)
            ],
            "counts": job.counts,
            "money": [
                {**dataclasses.asdict(one), "agrees": one.agrees} for one in balancing.money_of(job)
            ],
            "rejected": [self._line(row) for row in refused],
            "doubts": [self._line(row) for row in doubts],
            "notes": [self._line(row) for row in noted],
        }

    def _line(self, row: ImportRow) -> dict[str, Any]:
        reason = row.told[0] if row.told else {}
        return {"file": row.file.name, "line": row.line, "record": row.record, **reason}

    def _text(self, report: dict[str, Any]) -> str:
        lines = [f"Import {report['job']}: {report['status']}"]
        lines += [f"  {f['name']}: {f['kind']}, {f['encoding']}" for f in report["files"]]
        lines += [
            f"  {kind}: " + ", ".join(f"{n} {action}" for action, n in counts.items())
            for kind, counts in report["counts"].items()
        ]
        if not any(sum(counts.values()) for counts in report["counts"].values()):
            lines.append("  There are no lines below the headers.")
        lines += [self._money(one) for one in report["money"]]
        closed = [one["name"] for one in report["plans"] if not one["ours"]]
        lines += [
            f"  plan “{name}” is none of ours: it comes in closed, without renewing (see --plan)"
            for name in closed
        ]
        lines += [
            f"  refused: {r['file']} line {r['line']}: {r.get('column', '')} {r['reason']}"
            for r in report["rejected"]
        ]
        lines += [
            f"  to decide: {r['file']} line {r['line']}: {r['reason']}" for r in report["doubts"]
        ]
        lines += [
            f"  {f['name']}: dates like 03/04/2021 were read with the"
            f" {'day' if f['day_first'] else 'month'} first; no line of it tells"
            for f in report["files"]
            if f["asks_order"]
        ]
        lines += [
            f"  note: {r['file']} line {r['line']}: {r.get('column', '')} {r['reason']}"
            for r in report["notes"]
        ]
        return "\n".join(lines)

    def _money(self, one: dict[str, Any]) -> str:
        came, back, booked, gone = (
            plain_amount(one[name], one["currency"])
            for name in ("came", "back", "booked_came", "booked_back")
        )
        agrees = "they agree" if one["agrees"] else "THEY DIFFER"
        return (
            f"  {one['currency']} {one['purpose']}: the files say {came}, {back} back; the books"
            f" {booked}, {gone} back: {agrees}"
        )
