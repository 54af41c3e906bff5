"""The member's own pages, one task a form."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from core.forms import LongTextField, PhoneField, TidyCharField
from core.i18n import gettext_lazy
from members.models import NEEDS, Voicemail
from members.models.member import PhotoConsent


def _auto(name: str) -> forms.TextInput:
    return forms.TextInput({"autocomplete": name})


class NameForm(forms.Form):
    """What she is called, and what stands on paper."""

    first_name = TidyCharField(
        max_length=100, label=gettext_lazy("First name"), widget=_auto("given-name")
    )
    last_name = TidyCharField(
        max_length=100, required=False, label=gettext_lazy("Last name"), widget=_auto("family-name")
    )
    chosen_name = TidyCharField(
        max_length=100,
        required=False,
        label=gettext_lazy("What should we call you?"),
        widget=_auto("nickname"),
        help_text=gettext_lazy(
            "On your name tag and everywhere else. Empty means your first name."
        ),
    )
    pronouns = TidyCharField(
        max_length=40, required=False, label=gettext_lazy("Pronouns"), widget=_auto("off")
    )
    mailing_name = TidyCharField(
        max_length=120,
        required=False,
        label=gettext_lazy("Name on the envelope"),
        widget=_auto("off"),
        help_text=gettext_lazy(
            "If letters should bear another name. Empty means first and last name."
        ),
    )


class ContactForm(forms.Form):
    """How she may be reached, and how not."""

    phone = PhoneField(required=False)
    best_time = TidyCharField(
        max_length=100,
        required=False,
        label=gettext_lazy("Best time to call"),
        help_text=gettext_lazy("For example: after 5 pm"),
    )
    voicemail = forms.ChoiceField(
        choices=Voicemail.choices,
        initial=Voicemail.FIRST,
        widget=forms.RadioSelect,
        label=gettext_lazy("If we reach your voicemail, may we say where we call from?"),
    )
    no_post = forms.BooleanField(
        required=False, label=gettext_lazy("Please send me nothing by mail")
    )
    note = TidyCharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Anything else to know before we call?"),
        help_text=gettext_lazy(
            "For example: my brother answers the phone; say you call from the bakery."
        ),
    )


class AddressForm(forms.Form):
    """Where letters go, and the neighborhood."""

    address_line1 = TidyCharField(
        max_length=150,
        required=False,
        label=gettext_lazy("Street and number"),
        widget=_auto("address-line1"),
    )
    address_line2 = TidyCharField(
        max_length=150,
        required=False,
        label=gettext_lazy("Apartment or second line"),
        widget=_auto("address-line2"),
    )
    city = TidyCharField(
        max_length=80, required=False, label=gettext_lazy("City"), widget=_auto("address-level2")
    )
    region = TidyCharField(
        max_length=40, required=False, label=gettext_lazy("State"), widget=_auto("address-level1")
    )
    postal_code = TidyCharField(
        max_length=20, required=False, label=gettext_lazy("ZIP code"), widget=_auto("postal-code")
    )
    area = TidyCharField(
        max_length=60,
        required=False,
        label=gettext_lazy("Neighborhood"),
        widget=_auto("off"),
        help_text=gettext_lazy("For example: Montrose. Good for finding a ride together."),
    )


class AboutForm(forms.Form):
    """A few words of her own, and whether she may be in pictures."""

    bio = LongTextField(
        max_length=1000,
        required=False,
        label=gettext_lazy("About me"),
        widget=forms.Textarea({"rows": 5}),
        help_text=gettext_lazy("What you like, what you could teach, what you look for."),
    )
    photo_consent = forms.ChoiceField(
        choices=PhotoConsent.choices, widget=forms.RadioSelect, label=gettext_lazy("Pictures")
    )


class AccessForm(forms.Form):
    """What makes coming easier."""

    needs = forms.MultipleChoiceField(
        choices=list(NEEDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What helps you to come"),
    )
    diet = TidyCharField(
        max_length=200, required=False, label=gettext_lazy("What should we know about food?")
    )
    other = TidyCharField(max_length=300, required=False, label=gettext_lazy("Anything else?"))
    may_name = forms.BooleanField(
        required=False,
        label=gettext_lazy("The organiser may know it is me"),
        help_text=gettext_lazy("Without this tick organisers only see how many people need what."),
    )


class EmergencyForm(forms.Form):
    """Whom to call."""

    name1 = TidyCharField(
        max_length=100, required=False, label=gettext_lazy("First person"), widget=_auto("off")
    )
    relation1 = TidyCharField(
        max_length=60,
        required=False,
        label=gettext_lazy("Who is it?"),
        help_text=gettext_lazy("For example: sister, neighbor"),
    )
    phone1 = PhoneField(required=False)
    name2 = TidyCharField(
        max_length=100, required=False, label=gettext_lazy("Second person"), widget=_auto("off")
    )
    relation2 = TidyCharField(max_length=60, required=False, label=gettext_lazy("Who is it?"))
    phone2 = PhoneField(required=False)

    def clean(self) -> dict[str, Any]:
        """A person needs a number, and a number a person."""
        given = super().clean() or self.cleaned_data
        for n in ("1", "2"):
            name, phone = given.get(f"name{n}", ""), given.get(f"phone{n}", "")
            if name and not phone and f"phone{n}" not in self.errors:
                self.add_error(f"phone{n}", _("Please type a number for {name}.").format(name=name))
            if phone and not name:
                self.add_error(f"name{n}", _("Please type whose number it is."))
        return given


class PhotoForm(forms.Form):
    """One picture."""

    photo = forms.FileField(
        label=gettext_lazy("A picture of you"),
        help_text=gettext_lazy(
            "JPEG, PNG or WebP, up to 10 megabytes. Where and when it was taken is removed."
        ),
        widget=forms.ClearableFileInput({"accept": "image/jpeg,image/png,image/webp"}),
        error_messages={"required": gettext_lazy("Please choose a picture first.")},
    )

    def clean_photo(self) -> Any:
        """A name must say a picture, too: photo.jpg.html is no honest one (ASVS 5.2.2)."""
        file = self.cleaned_data["photo"]
        if not file.name.lower().endswith((".jpg", ".jpeg", ".png", ".webp")):
            raise forms.ValidationError(_("Please choose a JPEG, PNG or WebP file."))
        return file


class CropForm(forms.Form):
    """Which part of the picture."""

    PLACES = [
        ("start", gettext_lazy("Left")),
        ("middle", gettext_lazy("Middle")),
        ("end", gettext_lazy("Right")),
    ]
    zoom = forms.TypedChoiceField(
        coerce=float,
        choices=[
            ("1", gettext_lazy("As it is")),
            ("1.5", gettext_lazy("Closer")),
            ("2.2", gettext_lazy("Very close")),
        ],
        widget=forms.RadioSelect,
        initial="1",
        label=gettext_lazy("How close?"),
    )
    across = forms.ChoiceField(
        choices=PLACES,
        widget=forms.RadioSelect,
        initial="middle",
        label=gettext_lazy("Which side?"),
    )
    down = forms.ChoiceField(
        choices=[
            ("start", gettext_lazy("Top")),
            ("middle", gettext_lazy("Middle")),
            ("end", gettext_lazy("Bottom")),
        ],
        widget=forms.RadioSelect,
        initial="middle",
        label=gettext_lazy("How high?"),
    )
