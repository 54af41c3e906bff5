"""Money is whole minor units (cents) with an ISO 4217 code beside it; never a float, never a
Decimal in storage.
"""

import re
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision, list_currencies
from django.utils.translation import gettext as _

MAX_AMOUNT = 99_999_999
"""Largest single amount taken anywhere, in minor units: what Stripe accepts for one charge."""


ZERO_AT_STRIPE = {
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "JPY",
    "KMF",
    "KRW",
    "MGA",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
}
THREE_AT_STRIPE = {"BHD", "JOD", "KWD", "OMR", "TND"}
"""Decimals Stripe counts; all others have two there
(https://docs.stripe.com/currencies#zero-decimal, #three-decimal).
"""
ODD_AT_STRIPE = {"ISK", "UGX"}
"""No decimals, and Stripe wants two written (https://docs.stripe.com/currencies#special-cases)."""


class MoneyError(ValueError):
    """The text is no amount of money; the message may be shown to the person who typed it."""


def exponent(currency: str) -> int:
    """Digits after the decimal point in the currency: 2 for usd, 0 for jpy, 3 for kwd
    (ISO 4217).
    """
    return get_currency_precision(currency.upper())


def is_counted_alike(currency: str) -> bool:
    """Whether Stripe counts minor units of the currency as we do; dues in another would be charged
    a hundred times too little.
    """
    code = currency.upper()
    there = 0 if code in ZERO_AT_STRIPE else 3 if code in THREE_AT_STRIPE else 2
    return code in list_currencies() and code not in ODD_AT_STRIPE and exponent(code) == there


def unit(currency: str) -> int:
    """The smallest step an amount may have where cards pay: 10 for currencies of three decimals,
    else 1 minor unit.

    Stripe takes three-decimal amounts only with a zero at the end
    (https://docs.stripe.com/currencies#three-decimal).
    """
    return 10 if currency.upper() in THREE_AT_STRIPE else 1


def format_money(amount: int, currency: str, *, short: bool = False) -> str:
    """Write minor units for people: 8500 usd is "$85.00", and "$85" when short and whole."""
    digits = exponent(currency)
    value = Decimal(amount).scaleb(-digits)
    if short and value == value.to_integral_value():
        return format_currency(
            value, currency.upper(), format="¤#,##0", locale="en_US", currency_digits=False
        )
    return format_currency(value, currency.upper(), locale="en_US")


def plain_amount(amount: int, currency: str) -> str:
    """Write minor units as a bare decimal for files: 8500 usd is "85.00"."""
    return f"{Decimal(amount).scaleb(-exponent(currency)):f}"


def parse_money(text: str, currency: str) -> int:
    """Read what a person or an export file wrote, as minor units.

    Knows "25", "25.5", "$1,234.50", "1.234,50", "1'234.50", "50,00", "-5.00", "5.00-", "(25.00)"
    and "50.00000000". Raises MoneyError for anything else, and for more decimals than the currency
    has.
    """
    cleaned = (
        re.sub(r"[\s\u00a0\u202f$€£¥]|(?i:usd|eur|cad|gbp|chf)", "", text)
        .replace("\u2212", "-")
        .replace("’", "'")
    )
    brackets = cleaned.startswith("(") and cleaned.endswith(")")
    negative = brackets or cleaned.startswith("-") or cleaned.endswith("-")
    cleaned = (
        cleaned[1:-1]
        if brackets
        else cleaned[:-1]
        if cleaned.endswith("-")
        else cleaned.removeprefix("-").removeprefix("+")
    )
    if re.fullmatch(r"\d{1,3}(?:'\d{3})+(?:[.,]\d*)?", cleaned):
        cleaned = cleaned.replace("'", "")
    whole, mark, part = _split(cleaned)
    if not re.fullmatch(r"[0-9]{1,12}", whole) or (mark and not re.fullmatch(r"[0-9]{0,8}", part)):
        raise MoneyError(_("Please type an amount like 25 or 25.50."))
    digits = exponent(currency)
    kept, rest = part[:digits].ljust(digits, "0"), part[digits:]
    if rest.strip("0"):
        raise MoneyError(_("That amount has too many digits after the point."))
    amount = int(whole + kept)
    if amount > MAX_AMOUNT:
        raise MoneyError(_("That amount is larger than we can take at once."))
    return -amount if negative else amount


def _split(text: str) -> tuple[str, str, str]:
    """Cut "1.234,50" into ("1234", ",", "50"): the last separator is the decimal one unless it
    marks thousands.
    """
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return text, "", ""
    mark, head, tail = text[last], text[:last], text[last + 1 :]
    other = "," if mark == "." else "."
    groups = re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", text) is not None  # "0,500" is half of one
    if groups and other not in text and (text.count(mark) > 1 or mark == ","):
        return text.replace(mark, ""), "", ""
    if mark in head or not re.fullmatch(rf"\d*|\d{{1,3}}(?:\{other}\d{{3}})+", head):
        return "?", "", ""
    return head.replace(other, "") or "0", mark, tail
