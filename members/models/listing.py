"""The directory: who chose to be found, and what each shows to whom. No row, or one that is off:
not listed.
"""

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from core.i18n import gettext_lazy
from members.models.household import HouseholdMember
from members.models.member import Member, Status
from members.models.safety import NoContact


class Audience(models.TextChoices):
    """Who sees one thing about somebody."""

    NOBODY = "nobody", gettext_lazy("Only the office")
    OFFICERS = "officers", gettext_lazy("Officers")
    MEMBERS = "members", gettext_lazy("Members")


FIELDS = {
    "last_name": gettext_lazy("Last name"),
    "pronouns": gettext_lazy("Pronouns"),
    "area": gettext_lazy("Neighborhood"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
    "address": gettext_lazy("Street address"),
    "bio": gettext_lazy("About me"),
    "since": gettext_lazy("Member since"),
    "photo": gettext_lazy("Photo"),
    "household": gettext_lazy("Partner or housemate"),
}
"""What a member may show in the directory; all of it starts with “Only the office”. Her first name
is what being listed means.
"""


class ListingQuerySet(models.QuerySet["Listing"]):
    """Questions about sets of listings."""

    def visible_to(self, viewer: Member) -> Self:
        """Whom an active member finds: the active people who chose it, nobody she is to have no
        contact with. Nobody for others.
        """
        if not viewer.sees_member_pages:
            return self.none()
        found = self.filter(
            is_on=True,
            member__status=Status.ACTIVE,
            member__paused_at=None,
            member__deleted_at=None,
        )
        return found.exclude(member__in=NoContact.objects.apart_from(viewer))

    def matching(self, text: str) -> Self:
        """By what members may see, each word anywhere; what is hidden finds nothing."""
        found = self
        for word in text.split()[:4]:
            found = found.filter(search__icontains=word)
        return found


class Listing(models.Model):
    """One member's entry in the directory; off, it keeps what she chose for the day she
    comes back.
    """

    class Plate(models.TextChoices):
        INITIALS = "initials", gettext_lazy("My initials")
        PLAIN = "plain", gettext_lazy("A plain plate")
        PHOTO = "photo", gettext_lazy("My photo")

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="listing")
    shows = models.JSONField(default=dict)
    plate = models.CharField(
        gettext_lazy("what stands beside your name"),
        max_length=10,
        choices=Plate.choices,
        default=Plate.INITIALS,
    )
    is_on = models.BooleanField(gettext_lazy("is in the directory"), default=True, db_default=True)
    wants_notes = models.BooleanField(
        gettext_lazy("Members may write to me through the office"), default=True
    )
    # Both are written when she saves, from what members may see and nothing else.
    sort_name = models.CharField(max_length=210, editable=False)
    search = models.CharField(max_length=400, editable=False)
    since = models.DateTimeField(default=timezone.now)

    objects = ListingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["sort_name", "member"], name="listing_by_name")]
        verbose_name_plural = gettext_lazy("the directory")

    def __str__(self) -> str:
        return _("Listing {pk}").format(pk=self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        member = self.member
        last = member.last_name if self.shown_to("last_name", officer=False) else ""
        area = member.area if self.shown_to("area", officer=False) else ""
        self.sort_name = f"{member.called} {last}".strip().lower()
        self.search = " ".join(part for part in (member.called, last, area) if part)
        super().save(*args, **kwargs)

    def shown_to(self, field: str, *, officer: bool) -> bool:
        """Whether a field is shown to a member, or to one who is an officer."""
        audience = self.shows.get(field, Audience.NOBODY)
        return audience == Audience.MEMBERS or (officer and audience == Audience.OFFICERS)

    def facts(self, *, officer: bool) -> dict[str, str]:
        """What a viewer sees: field → text; what is empty or hidden is not there."""
        member = self.member
        told = {
            "last_name": member.last_name,
            "pronouns": member.pronouns,
            "area": member.area,
            "phone": member.phone,
            "email": member.email,
            "address": ", ".join(member.postal_lines[1:]),
            "bio": member.bio,
            "since": str(member.joined_on.year) if member.joined_on else "",
            "photo": member.photo,
        }
        seen = {
            name: text
            for name, text in told.items()
            if text and self.shown_to(name, officer=officer)
        }
        if self.plate != self.Plate.PHOTO:
            seen.pop("photo", None)
        return seen

    def partner_shown(self, viewer: Member, *, officer: bool) -> Member | None:
        """The other one of the household, when both chose to show it; a link is never shown by one
        alone.
        """
        other = HouseholdMember.objects.partner_of(self.member)
        theirs = Listing.objects.visible_to(viewer).filter(member=other).first() if other else None
        both = (
            theirs
            and self.shown_to("household", officer=officer)
            and theirs.shown_to("household", officer=officer)
        )
        return other if both else None

    def name_for(self, *, officer: bool) -> str:
        """The name as it stands in the directory."""
        last = self.member.last_name if self.shown_to("last_name", officer=officer) else ""
        return f"{self.member.called} {last}".strip()
