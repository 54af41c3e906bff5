"""Write protected fields with the newest key."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from core.crypt import EncryptedTextField, box
from members.keys import map_secrets

CHUNK = 500


class Command(BaseCommand):
    """`manage.py rotate_keys`: after a new key was put in front of FIELD_KEYS. Safe to run twice,
    and to stop half way.
    """

    help = "Encrypt every protected field anew with the first key of FIELD_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = sum(self._rotate(model) for model in apps.get_models()) + self._rotate_second_keys()
        self.stdout.write(
            f"{rows} rows written with the newest key. Keys behind it may be taken away."
        )

    def _rotate_second_keys(self) -> int:
        """The secrets of authenticator apps and printed codes, which stand inside the sign-in
        library's own column.
        """
        count = 0
        for pk in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list(
            "pk", flat=True
        ):
            with transaction.atomic():
                key = Authenticator.objects.select_for_update().get(pk=pk)
                key.data = map_secrets(
                    key.data, lambda sealed: box().rotate(sealed.encode()).decode()
                )
                key.save(update_fields=["data"])
            count += 1
        return count

    def _rotate(self, model: Any) -> int:
        columns = [
            str(field.column)
            for field in model._meta.concrete_fields
            if isinstance(field, EncryptedTextField)
        ]
        if not columns:
            return 0
        table, key, last, count = model._meta.db_table, model._meta.pk.column, 0, 0
        names = ", ".join(columns)
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
                cursor.execute(
                    f"SELECT {key}, {names} FROM {table} WHERE {key} > %s ORDER BY {key} LIMIT"
                    f" {CHUNK}{lock}",
                    [last],
                )
                chunk = cursor.fetchall()
                for pk, *values in chunk:
                    fresh = [
                        box().rotate(value.encode()).decode() if value else value
                        for value in values
                    ]
                    cursor.execute(
                        f"UPDATE {table} SET {', '.join(f'{c} = %s' for c in columns)} WHERE {key}"
                        " = %s",
                        [*fresh, pk],
                    )
            if not chunk:
                return count
            last, count = chunk[-1][0], count + len(chunk)
