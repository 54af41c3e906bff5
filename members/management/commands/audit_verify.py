"""Prove that nobody altered the audit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from members import audit


class Command(BaseCommand):
    """`manage.py audit_verify [--head HASH]`."""

    help = (
        "Seal new entries, walk the chain of the audit, prove the ledger, and say what is wrong;"
        " exit 1 if anything is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            default="",
            help="A hash this command printed earlier: proves that nothing was cut off since.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for seal in [*audit.SEALS, audit.seal]:  # the audit last: it holds the heads of the others
            while seal():
                pass
        proof = audit.verify(known=options["head"])
        wrong = [*proof.wrong, *(sentence for prove in audit.PROOFS for sentence in prove())]
        if wrong:
            raise CommandError("\n".join(wrong))
        erased = f" The details of {proof.erased} were erased." if proof.erased else ""
        self.stdout.write(
            f"{proof.length} entries, none altered.{erased}\nHead: {proof.head}\nKeep this line"
            " outside the database."
        )
