"""E-mail and letters: how a member wants to hear from us."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.forms import TidyCharField
from core.htmx import render_page
from core.i18n import gettext_lazy
from members import audit
from members.actions.profile import set_consent
from members.doors import member_required
from members.emails import TOPICS
from members.models import Consent, Member

CHANNELS = [
    ("email", gettext_lazy("E-mail")),
    ("post", gettext_lazy("Letter")),
    ("phone", gettext_lazy("Phone call")),
]


class LettersForm(forms.Form):
    """A channel for each topic, discreet or plain words, and the member's own two words."""

    open_mail = forms.BooleanField(
        required=False,
        label=gettext_lazy("You may use plain words"),
        help_text=gettext_lazy(
            "Then the sender is our full name and the subject says what it is about. If others see"
            " your mail, leave this empty."
        ),
    )
    mail_phrase = TidyCharField(
        max_length=40,
        required=False,
        label=gettext_lazy("Two words of your own"),
        help_text=gettext_lazy(
            "For example: blue teapot. They stand in each message from us, so you know it is really"
            " from us."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for topic, label in TOPICS.items():
            choices = [*CHANNELS, ("none", _("Not at all"))] if topic == "news" else CHANNELS
            self.fields[topic] = forms.ChoiceField(
                choices=choices, label=label, widget=forms.RadioSelect
            )
        self.order_fields([*TOPICS, "mail_phrase", "open_mail"])

    def clean_mail_phrase(self) -> str:
        """Two short words; nothing that looks like an address or a number."""
        text: str = self.cleaned_data["mail_phrase"]
        if text and (len(text.split()) != 2 or not text.replace(" ", "").isalpha()):
            raise forms.ValidationError(_("Please type two plain words, like: blue teapot."))
        return text


@member_required("GET", "POST")
def letters(request: HttpRequest) -> HttpResponse:
    """Choose; what cannot work (a letter without an address) falls back to what can."""
    member: Member = request.member  # type: ignore[attr-defined]
    initial = {
        topic: member.channels.get(topic) or member.channel_for(topic) or "email"
        for topic in TOPICS
    }
    form = LettersForm(
        request.POST or None,
        initial=initial | {"open_mail": member.open_mail, "mail_phrase": member.mail_phrase},
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        member.channels = {topic: given[topic] for topic in TOPICS}
        member.open_mail, member.mail_phrase = given["open_mail"], given["mail_phrase"]
        member.save(update_fields=["channels", "open_mail", "mail_phrase", "updated_at"])
        audit.record(
            "member.letters",
            target=member,
            after={"channels": member.channels, "open_mail": member.open_mail},
        )
        set_consent(
            member=member,
            subject=Consent.Subject.OPEN_MAIL,
            is_given=member.open_mail,
            by=request.user,  # type: ignore[arg-type]
        )
        messages.success(request, _("Saved."))
        return redirect("members:letters")
    context = {"form": form, "member": member}
    return render_page(request, "members/letters.html", context, status=422 if form.errors else 200)
