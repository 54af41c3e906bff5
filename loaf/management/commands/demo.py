"""Fill an empty database with invented people, events and money."""

import datetime as dt
import random
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from billing import board, ledger, reports, subscriptions
from billing.actions import booking
from billing.models import (
    BankLine,
    ClosedMonth,
    LedgerEntry,
    Membership,
    Payment,
    PaymentLine,
    Plan,
    Subscription,
)
from core.dates import add_months
from donations.actions import receive_donation
from donations.models import Fund
from events.models import Event, Guest, Rsvp
from loaf.demo_words import AREAS, BIOS, EVENTS, FIRST, LAST
from members.actions import directory, household
from members.actions.roles import assign_role
from members.models import (
    NEEDS,
    Application,
    Member,
    Note,
    Office,
    PrivateDetails,
    ProfileField,
    Question,
    Reference,
    Role,
    SavedFilter,
    StatusChange,
    Tag,
    User,
    Voicemail,
)
from members.models.member import Status
from members.permissions import BUILT_IN_ROLES

PASSWORD = "place-at-the-table"  # noqa: S105 (for a demonstration on one's own machine only)


def _told(chance: random.Random) -> dict[str, Any]:
    """What somebody told the office about needs, an emergency and the telephone."""
    sister = {"name": chance.choice(FIRST), "relation": "sister", "phone": "+17135550150"}
    needs = chance.sample(list(NEEDS), 2)
    return {
        "access": {"needs": needs, "may_name": chance.random() < 0.5},
        "emergency": {"people": [sister]},
        "contact": {"voicemail": "no", "best_time": "after 5 pm"},
    }


class Command(BaseCommand):
    """`manage.py demo`: same seed, same data."""

    help = (
        "Invented people, events and money, and one login per built-in role. Only on a development"
        " machine."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--members", type=int, default=60)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--password", default=PASSWORD)
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing when there is data already."
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError(
                "Demo data belongs on a development machine: set DEVELOPMENT=yes (or DEBUG=yes)."
            )
        if Member.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("There are members already; demo data goes into an empty database.")
        chance = random.Random(options["seed"])  # noqa: S311 (repeatable, no secret)
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        plans, funds = self._offers()
        events = [self._event(row, now) for row in EVENTS]
        people = self._staff(options["password"], chance, now)
        people += [self._member(n, chance, now) for n in range(options["members"])]
        for member in people:
            self._history(member, plans, chance, now)
        self._answers(people, events, chance)
        self._donations(funds, chance, now)
        self._applicants(chance, now)
        self._private_life(people, chance)
        self._renewals_and_bank(people, now)
        self._closed_month(now)
        roles = " ".join(f"{name}@example.org" for name in BUILT_IN_ROLES)
        self.stdout.write(
            f"Demo logins: {roles}\nPassword of each: {options['password']} (or ask for a code)"
        )

    def _offers(self) -> tuple[list[Plan], list[Fund]]:
        offered: list[dict[str, Any]] = [
            {
                "name": "Just you",
                "minimum_amount": 4000,
                "suggested_amount": 5500,
                "reduced_amount": 2000,
                "description": "One person",
            },
            {
                "name": "Household",
                "minimum_amount": 6000,
                "seats": 2,
                "parts": 3,
                "description": "One household, two people",
            },
        ]
        plans = [
            Plan.objects.create(**row, position=place, currency=settings.CURRENCY)
            for place, row in enumerate(offered)
        ]
        rows = [
            {"name": "Where it is needed most", "slug": "general"},
            {"name": "Rides", "slug": "rides", "code": "RIDES"},
            {"name": "Help with dues", "slug": "dues-help", "code": "DUES-HELP"},
        ]
        return plans, [Fund.objects.create(**row, position=place) for place, row in enumerate(rows)]

    def _event(self, row: tuple[Any, ...], now: dt.datetime) -> Event:
        title, picture, venue, area, capacity, visibility, days, hour, minutes, summary = row
        local = timezone.localtime(now + dt.timedelta(days=days)).replace(
            hour=hour, minute=30 if hour == 12 else 0
        )
        return Event.objects.create(
            title=title,
            slug=title.lower().replace(" ", "-").replace(",", "").replace(":", ""),
            summary=summary,
            picture=picture,
            venue=venue,
            area=area,
            capacity=capacity,
            visibility=visibility,
            status=Event.Status.PUBLISHED,
            starts_at=local,
            stands_since=now - dt.timedelta(days=9),
            ends_at=local + dt.timedelta(minutes=minutes),
            address="1200 Sample Street" if venue else "",
            access_facts="No stairs, wide doors, chairs with arms, a quiet room.",
            description=f"{summary}\n\nDoors open half an hour before.",
        )

    def _staff(self, password: str, chance: random.Random, now: dt.datetime) -> list[Member]:
        people = []
        for name in BUILT_IN_ROLES:
            user = User.objects.create_user(f"{name}@example.org", password)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            role = Role.objects.get(name=name)
            if name != "member":
                assign_role(user=user, role=role, by=None)
            first = {"member": "June", "superadmin": "Teddy"}.get(name, chance.choice(FIRST))
            people.append(
                self._person(first, chance.choice(LAST), user.email, Status.ACTIVE, now, user=user)
            )
        return people

    def _member(self, n: int, chance: random.Random, now: dt.datetime) -> Member:
        first, last = chance.choice(FIRST), chance.choice(LAST)
        status = chance.choices(
            [Status.ACTIVE, Status.PAYMENT_PENDING, Status.INACTIVE], [75, 15, 10]
        )[0]
        # Every tenth couple shares one address; every fifteenth person has none.
        email = "" if n % 15 == 14 else f"{first}.{last}{n - (n % 10 == 9)}@example.org".lower()
        if n % 10 == 9:
            email = Member.objects.order_by("-pk").values_list("email", flat=True).first() or email
        return self._person(first, last, email, status, now, years=chance.randint(0, 25))

    def _person(
        self,
        first: str,
        last: str,
        email: str,
        status: str,
        now: dt.datetime,
        *,
        user: User | None = None,
        years: int = 3,
    ) -> Member:
        number = Member.objects.count() % 10_000
        member = Member.objects.create(
            first_name=first,
            last_name=last,
            email=email,
            status=status,
            user=user,
            city="Houston",
            region="TX",
            phone=f"+1713555{number:04}",
            phone_as_written=f"713-555-{number:04}",
            inactive_reason="lapsed" if status == Status.INACTIVE else "",
            joined_on=add_months(timezone.localtime(now).date(), -12 * years),
        )
        StatusChange.objects.create(member=member, to_status=status, reason="Demo data")
        return member

    def _history(
        self, member: Member, plans: list[Plan], chance: random.Random, now: dt.datetime
    ) -> None:
        """One paid year behind an active member, booked like any other cash payment."""
        if member.status != Status.ACTIVE:
            return
        plan, paid_at = chance.choice(plans), now - dt.timedelta(days=chance.randint(5, 330))
        starts_on = timezone.localtime(paid_at).date()
        term = Membership.objects.create(
            member=member,
            plan=plan,
            status=Membership.Status.ACTIVE,
            starts_on=starts_on,
            ends_on=plan.term_from(starts_on),
            dues_amount=plan.dues,
            currency=plan.currency,
        )
        payment = Payment.objects.create(
            payer=member,
            payer_name=str(member),
            payer_email=member.email,
            method=Payment.Method.CASH,
            source=Payment.Source.OFFICE,
            amount=plan.dues,
            currency=plan.currency,
            status=Payment.Status.SUCCEEDED,
            paid_at=paid_at,
            created_at=paid_at,
            description=plan.name,
            receipt_number=booking.next_receipt_number(paid_at),
        )
        PaymentLine.objects.create(
            payment=payment,
            kind=PaymentLine.Kind.DUES,
            amount=plan.dues,
            membership=term,
            label=plan.name,
        )
        ledger.post_payment(payment)

    def _renewals_and_bank(self, people: list[Member], now: dt.datetime) -> None:
        """Some dues renew by themselves, one card was refused, one membership is honorary; a
        statement of the bank.
        """
        today = timezone.localtime(now).date()
        terms = Membership.objects.filter(
            member__in=people, ends_on__gt=today + dt.timedelta(days=20)
        ).select_related("plan")
        for n, term in enumerate(terms.order_by("pk")[3:9]):
            Subscription.objects.create(
                member=term.member,
                plan=term.plan,
                amount=term.plan.dues,
                currency=term.currency,
                card_brand="visa",
                card_last4="4242",
                card_ends_on=today + dt.timedelta(days=40 + 300 * n),
                next_charge_on=subscriptions.day_after_paid(term.member),
                status="past_due" if n == 1 else "active",
                failures=int(n == 1),
                failing_since=today if n == 1 else None,
            )
        self._honorary(people, today)
        for n, (text, amount) in enumerate(
            [("STRIPE TRANSFER", 11_234), ("DEPOSIT 0007", 8_000), ("MONTHLY SERVICE FEE", -1_500)]
        ):
            BankLine.objects.create(
                key=f"demo-{n}",
                day=today - dt.timedelta(days=n),
                text=text,
                amount=amount,
                currency=settings.CURRENCY,
            )

    def _honorary(self, people: list[Member], today: dt.date) -> None:
        """One membership is given for life."""
        honorary = (
            Member.objects.filter(status=Status.ACTIVE, memberships=None).first() or people[1]
        )
        plan = Plan.objects.create(
            name="Honorary",
            interval="lifetime",
            minimum_amount=100_000,
            currency=settings.CURRENCY,
            is_active=False,
            position=9,
        )
        Membership.objects.filter(member=honorary).update(status=Membership.Status.CANCELLED)
        Membership.objects.create(
            member=honorary,
            plan=plan,
            status=Membership.Status.ACTIVE,
            starts_on=today,
            dues_amount=0,
            currency=settings.CURRENCY,
            granted_reason="Kept the kettle on for thirty years",
            granted_by=people[0].user,
        )

    def _closed_month(self, now: dt.datetime) -> None:
        """Two people closed the month before the last one, so that the last one waits
        to be closed.
        """
        month = reports.first_of(timezone.localtime(now).date(), -2)
        last = reports.first_of(month, 1) - dt.timedelta(days=1)
        ClosedMonth.objects.create(
            month=month,
            ends_at=reports.span(month, last)[1],
            closed_at=timezone.now(),  # after all that was posted
            asked_by=User.objects.get(email="superadmin@example.org"),
            agreed_by=User.objects.get(email="finance@example.org"),
            last_entry=LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True)[0],
            page=board.board(month, last),
        )

    def _answers(self, people: list[Member], events: list[Event], chance: random.Random) -> None:
        for event in events:
            room = event.capacity or 25
            for member in chance.sample(
                [p for p in people if p.status == Status.ACTIVE], k=min(len(people) // 3, room // 2)
            ):
                guests = int(event.guest_limit and chance.random() < 0.3)
                rsvp = Rsvp.objects.create(
                    event=event, member=member, status=Rsvp.Status.GOING, guest_count=guests
                )
                if guests:
                    Guest.objects.create(rsvp=rsvp, name=chance.choice(FIRST), position=1)

    def _donations(self, funds: list[Fund], chance: random.Random, now: dt.datetime) -> None:
        for n in range(8):
            paid_at, amount = (
                now - dt.timedelta(days=chance.randint(2, 300)),
                chance.choice([1500, 2500, 5000, 10000]),
            )
            payment = Payment.objects.create(
                payer_name=f"{chance.choice(FIRST)} {chance.choice(LAST)}",
                payer_email="",
                method=Payment.Method.CHEQUE,
                source=Payment.Source.OFFICE,
                amount=amount,
                currency=settings.CURRENCY,
                status=Payment.Status.SUCCEEDED,
                paid_at=paid_at,
                created_at=paid_at,
                description="Gift",
                receipt_number=booking.next_receipt_number(paid_at),
            )
            fund = funds[n % len(funds)]
            PaymentLine.objects.create(
                payment=payment,
                kind=PaymentLine.Kind.DONATION,
                amount=amount,
                label="Gift",
                fund_code=fund.code,
            )
            payment.donations.create(
                fund=fund,
                donor_name=payment.payer_name,
                kind="public",
                amount=amount,
                currency=payment.currency,
            )
            ledger.post_payment(payment)
            receive_donation(payment=payment)

    def _private_life(self, people: list[Member], chance: random.Random) -> None:
        """Half of the members in the directory, some couples, needs, notes, tags, an office, a
        saved list.
        """
        active = [member for member in people if member.status == Status.ACTIVE]
        shown = ["area", "last_name", "phone", "bio", "pronouns", "household"]
        for member in active:
            member.area, member.bio = chance.choice(AREAS), chance.choice(BIOS)
            member.address_line1, member.postal_code = (
                f"{chance.randint(1, 99)} Sample Street",
                "77006",
            )
            member.save()
            if chance.random() < 0.5:
                shows = dict.fromkeys(chance.sample(shown, chance.randint(1, 5)), "members")
                directory.save_listing(
                    member=member,
                    shows=shows,
                    plate=chance.choice(["initials", "plain"]),
                    wants_notes=True,
                    by=None,
                )
            if chance.random() < 0.2:
                PrivateDetails.objects.create(member=member, **_told(chance))
        boss = active[0].user if active and active[0].user else None
        for one, other in zip(active[10:16:2], active[11:16:2], strict=False):
            household.link_by_hand(one=one, other=other, by=boss)  # type: ignore[arg-type]
        for name in ("choir", "drives"):
            Tag.objects.create(name=name).members.set(chance.sample(active, min(6, len(active))))
        for member in active[20:23]:
            Note.objects.create(
                member=member, kind=Note.Kind.GENERAL, text="Called; all is well.", by=boss
            )
        SavedFilter.objects.create(
            name="Members without e-mail", criteria={"status": ["active"], "reach": "none"}
        )
        ProfileField.objects.create(
            label="What could you teach?", help_text="Knitting, taxes, the ukulele …"
        )
        if len(active) > 8:
            Office.objects.create(
                member=active[8], title="treasurer", starts_on=timezone.localdate(), is_public=True
            )

    def _applicants(self, chance: random.Random, now: dt.datetime) -> None:
        Question.objects.create(
            label="Do you drive at night?",
            kind=Question.Kind.CHOICE,
            choices="Yes\nNo\nSometimes",
            delete_after_days=180,
        )
        for n, status in enumerate(
            [Status.PENDING_VALIDATION, Status.PENDING_VALIDATION, Status.PRE_VALIDATED]
        ):
            first = chance.choice(FIRST)
            member = self._person(
                first, chance.choice(LAST), f"applicant{n}@example.org", status, now, years=0
            )
            Member.objects.filter(pk=member.pk).update(joined_on=None)
            application = Application.objects.create(
                member=member,
                about="I play the accordion, moderately.",
                is_of_age=True,
                proved_at=now,
                found_us="A friend at the library",
                best_time="after 5 pm",
                voicemail=Voicemail.FIRST,
                knows_nobody=n % 2 == 0,
            )
            if n % 2:
                Reference.objects.create(application=application, name="June S.")
