"""Template words of the house: money, dates, icons, badges, phones. Built in, so no template needs
{% load %}.
"""

import datetime as dt
import functools
import uuid
from collections.abc import Callable
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.forms.utils import flatatt
from django.template.defaulttags import CsrfTokenNode
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext

from core import money as money_lib
from core import phones

register = template.Library()


@register.simple_tag(name="csrf_token", takes_context=True)
def csrf_token_once(context: dict[str, Any]) -> SafeString:
    """Django's own field against forged forms, and beside it the name that lets a form act once
    (loaf.once).
    """
    token = CsrfTokenNode().render(context)  # type: ignore[arg-type]
    return format_html('{}<input type="hidden" name="once" value="{}">', token, uuid.uuid4().hex)


@register.filter
def money(amount: int, currency: str = "usd") -> str:
    """{{ 8500|money:"usd" }} is $85.00."""
    return money_lib.format_money(amount or 0, currency)


@register.filter
def money_short(amount: int, currency: str = "usd") -> str:
    """{{ 8500|money_short:"usd" }} is $85."""
    return money_lib.format_money(amount or 0, currency, short=True)


@register.filter
def phone(number: str) -> str:
    """{{ "+17135550142"|phone }} is 713-555-0142."""
    return phones.display(number or "")


@register.filter
def tel(number: str) -> str:
    """{{ "713-555-0142"|tel }} is the +17135550142 of a tel: link."""
    return phones.to_e164(number or "") or number


def _day_form() -> str:
    return pgettext("format of a day", "l, F j, Y")


def _near_day_form() -> str:
    return pgettext("format of a day", "l, F j")


def _short_day_form() -> str:
    return pgettext("format of a day", "F j, Y")


def _month_day_form() -> str:
    return pgettext("format of a day", "F j")


def _month_year_form() -> str:
    return pgettext("format of a month", "F Y")


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """Saturday, March 14, 2026 – the year is always there, because letters are kept."""
    return _written(value, _day_form)


@register.filter
def near_day(value: dt.date | dt.datetime | None) -> str:
    """Saturday, March 14 – for days nobody can mistake the year of."""
    return _written(value, _near_day_form)


@register.filter
def short_day(value: dt.date | dt.datetime | None) -> str:
    """June 30, 2026."""
    return _written(value, _short_day_form)


@register.filter
def month_day(value: dt.date | dt.datetime | None) -> str:
    """June 30."""
    return _written(value, _month_day_form)


@register.filter
def month_year(value: dt.date | dt.datetime | None) -> str:
    """June 2026."""
    return _written(value, _month_year_form)


@register.filter
def clock(value: dt.datetime | None) -> str:
    """12:30 pm, and 2 pm on the hour."""
    if not value:
        return ""
    hour, minute = pgettext("format of a time", "g A"), pgettext("format of a time", "g:i A")
    local = timezone.localtime(value)
    return date_format(local, minute if local.minute else hour).lower()


@register.filter
def date_part(value: dt.datetime, what: str) -> str:
    """One part of a date for the date loaf: "a" weekday, "d" day, "b" month."""
    parts = {"a": "D", "d": "j", "b": "M", "month": "F", "weekday": "l"}
    return date_format(timezone.localtime(value), parts[what])


@register.filter
def partial_date(value: dt.date | None, precision: str) -> str:
    """A date as precisely as it is known: March 3, 2011 – March 2011 – 2011."""
    if not value or precision == "year":
        return str(value.year) if value else ""
    return month_year(value) if precision == "month" else short_day(value)


def _written(value: dt.date | dt.datetime | None, form: Callable[[], str]) -> str:
    """A day or moment where the house is, in the language of whoever reads it."""
    if isinstance(value, dt.datetime):
        return date_format(timezone.localtime(value), form())
    return day_in_words(value, form, get_language()) if value else ""


@functools.lru_cache(maxsize=8192)
def day_in_words(value: dt.date, form: Callable[[], str], _language: str | None) -> str:
    """A day in a language; kept, because a list has the same few days on many lines."""
    return date_format(value, form())


@register.simple_tag
@functools.cache
def icon(name: str, cls: str = "icon") -> SafeString:
    """An icon of the one cached picture file; the words beside it carry the meaning."""
    attribute = format_html(' class="{}"', cls) if cls else ""
    return format_html(
        '<svg{} aria-hidden="true"><use href="{}#{}"/></svg>',
        attribute,
        static("art/art.svg"),
        name,
    )


@register.simple_tag
@functools.cache
def picture(name: str, shape: str = "") -> SafeString:
    """One of the eight table pictures."""
    extra = format_html(' data-shape="{}"', shape) if shape else ""
    return format_html(
        '<svg class="tile"{} viewBox="0 0 200 150" preserveAspectRatio="xMidYMid slice"'
        ' aria-hidden="true"><use href="{}#{}"/></svg>',
        extra,
        static("art/art.svg"),
        name,
    )


@register.simple_tag
@functools.lru_cache(maxsize=1024)
def badge(tone: str, text: str) -> SafeString:
    """A status badge: words first, icon second, colour last."""
    symbol = {"ok": "i-check", "info": "i-clock", "warn": "i-clock", "bad": "i-x"}.get(tone)
    return format_html(
        '<span class="badge" data-tone="{}">{}{}</span>',
        tone,
        icon(symbol, "") if symbol else "",
        text,
    )


@register.simple_tag
def part(template_name: str, **words: str | bool) -> SafeString:
    """Render a piece of page that depends on these few words alone, once a process and language:
    the navigation, the footer's help.
    """
    return kept_part(template_name, get_language(), **words)


@functools.lru_cache(maxsize=512)
def kept_part(template_name: str, _language: str | None, **words: str | bool) -> SafeString:
    """What `part` renders, kept."""
    return SafeString(render_to_string(template_name, {**words, "org": settings.ORG}))


register.filter("flat", flatatt)


@register.filter
def is_choice(field: BoundField) -> bool:
    """Say whether the field is one tick box (its label goes behind it)."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not hasattr(
        field.field, "choices"
    )


@register.filter
def is_group(field: BoundField) -> bool:
    """Say whether the field is a set of radio buttons (it gets a fieldset)."""
    return bool(field.use_fieldset)


@register.filter
def initials(name: str) -> str:
    """RC for Ruth Carol."""
    return "".join(word[0] for word in str(name).split()[:2]).upper()


@register.filter
def rim(number: int) -> int:
    """The colour of a person's plate: her id modulo six, plus one."""
    return int(number or 0) % 6 + 1


@register.filter
def percent_of(part: int, whole: int) -> int:
    """{{ 31|percent_of:42 }} is 74; 0 of 0 is 0."""
    return min(100, round(100 * (part or 0) / whole)) if whole else 0


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """{{ counts|get:"create" }}."""
    return mapping.get(key, "") if mapping else ""
