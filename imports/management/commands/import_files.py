"""Bring in files from the command line: the same job as in the admin, done at once."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from imports import actions, balancing
from imports.models import ImportJob, ImportRow
from loaf.lib.money import plain_amount


class Command(BaseCommand):
    """`manage.py import_files [--dry-run] [--json] FILE…`."""

    help = "One import job over the files, recognised by their headers; prints counts, rejected lines with reasons, totals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Preview only.")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--overwrite", action="store_true", help="Take the file's value where the list has another.")

    def handle(self, *args: Any, **options: Any) -> None:
        job = self._job(options)
        actions.preview(job.pk)
        job.refresh_from_db()
        if job.status == ImportJob.Status.FAILED:
            raise CommandError(job.error)
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
        self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) if options["json"] else self._text(report))

    def _job(self, options: dict[str, Any]) -> ImportJob:
        streams = []
        try:
            for path in options["files"]:
                if not path.is_file():
                    raise CommandError(f"There is no file {path}.")
                streams.append((path.name, path.open("rb"), path.stat().st_size, ""))
            return actions.create_job(uploads=streams, by=None, overwrite=options["overwrite"])  # type: ignore[arg-type]
        except actions.UploadProblem as problem:
            raise CommandError("\n".join(problem.problems)) from None
        finally:
            for _, stream, _, _ in streams:
                stream.close()

    def _report(self, job: ImportJob) -> dict[str, Any]:
        refused = ImportRow.objects.filter(job=job, action="reject").select_related("file").order_by("file", "record")
        noted = ImportRow.objects.filter(job=job).exclude(reasons=[]).exclude(action__in=["reject", "skip"]).select_related("file")
        return {
            "job": job.pk,
            "status": job.status,
            "files": [{"name": f.name, "kind": f.reader, "encoding": f.encoding, "delimiter": f.delimiter} for f in job.files.all()],
            "counts": job.counts,
            "money": [{**dataclasses.asdict(one), "agrees": one.agrees} for one in balancing.money_of(job)],
            "rejected": [self._line(row) for row in refused],
            "notes": [self._line(row) for row in noted.order_by("file", "record")],
        }

    def _line(self, row: ImportRow) -> dict[str, Any]:
        reason = row.reasons[0] if row.reasons else {}
        return {"file": row.file.name, "line": row.line, "record": row.record, **reason}

    def _text(self, report: dict[str, Any]) -> str:
        lines = [f"Import {report['job']}: {report['status']}"]
        lines += [f"  {f['name']}: {f['kind']}, {f['encoding']}" for f in report["files"]]
        lines += [f"  {kind}: " + ", ".join(f"{n} {action}" for action, n in counts.items()) for kind, counts in report["counts"].items()]
        if not any(sum(counts.values()) for counts in report["counts"].values()):
            lines.append("  There are no lines below the headers.")
        lines += [self._money(one) for one in report["money"]]
        lines += [f"  refused: {r['file']} line {r['line']}: {r.get('column', '')} {r['reason']}" for r in report["rejected"]]
        lines += [f"  note: {r['file']} line {r['line']}: {r.get('column', '')} {r['reason']}" for r in report["notes"]]
        return "\n".join(lines)

    def _money(self, one: dict[str, Any]) -> str:
        came, back, booked, gone = (plain_amount(one[name], one["currency"]) for name in ("came", "back", "booked_came", "booked_back"))
        agrees = "they agree" if one["agrees"] else "THEY DIFFER"
        return f"  {one['currency']} {one['purpose']}: the files say {came}, {back} back; the books {booked}, {gone} back: {agrees}"
