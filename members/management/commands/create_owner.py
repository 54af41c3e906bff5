"""The first superadmin, once."""

import getpass
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from core.text import is_email, normal_email
from members.actions.roles import assign_role
from members.models import Member, Role, RoleAssignment, User
from members.models.member import Status


class Command(BaseCommand):
    """`manage.py create_owner EMAIL FIRST LAST`."""

    help = "Make the first superadmin. Refuses when there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="?")
        parser.add_argument("first_name", nargs="?")
        parser.add_argument("last_name", nargs="?")
        parser.add_argument(
            "--password",
            action="store_true",
            help="Ask for a password; without one she signs in by e-mailed code.",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        role = Role.objects.select_for_update().get(name="superadmin")
        if RoleAssignment.objects.filter(role=role).exists():
            raise CommandError("There is an owner already. She can give the role at the desk.")
        email = normal_email(options["email"] or input("E-mail address: "))
        if not is_email(email):
            raise CommandError(f"“{email}” is not an e-mail address.")
        first = options["first_name"] or input("First name: ")
        last = options["last_name"] or input("Last name: ")
        password = (
            getpass.getpass("Password (15 characters or more): ") if options["password"] else None
        )
        if password is not None and len(password) < 15:
            raise CommandError("Please choose a password of 15 characters or more.")
        user = User.objects.filter(email=email).first() or User.objects.create_user(email)
        if password:
            user.set_password(password)
            user.save(update_fields=["password"])
        EmailAddress.objects.update_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
        if not Member.objects.filter(user=user).exists():
            Member.objects.create(
                user=user, first_name=first, last_name=last, email=email, status=Status.ACTIVE
            )
        assign_role(user=user, role=role, by=None)
        self.stdout.write(f"{email} may do everything now. She signs in at /accounts/login/.")
