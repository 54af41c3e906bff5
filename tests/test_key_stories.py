"""Fingerprint and second key in real Chromium, with its virtual authenticator, over two
browsers.
"""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from members.models import AuditEntry
from tests.factories import make_member, make_person, make_staff
from tests.totp import digits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
READER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@pytest.fixture
def device(chromium, live_server):
    """A person's device: a browser of its own, with or without a fingerprint reader."""
    opened = []

    def make(*, reader: bool = True) -> Any:
        context = chromium.new_context(base_url=live_server.url)
        page = context.new_page()
        page.faults = []
        page.on(
            "console",
            lambda m: (
                page.faults.append(m.text)
                if m.type == "error" and "status of 4" not in m.text
                else None
            ),
        )
        page.on("pageerror", lambda e: page.faults.append(str(e)))
        if reader:
            tools = context.new_cdp_session(page)
            tools.send("WebAuthn.enable")
            tools.send(
                "WebAuthn.addVirtualAuthenticator",
                {"options": READER | {"automaticPresenceSimulation": True}},
            )
        opened.append((context, page))
        return page

    yield make
    for context, page in opened:
        assert not page.faults, page.faults
        context.close()


@pytest.fixture
def by_code(mails, work):
    def sign_in(page: Any, address: str) -> None:
        before = len(mails.to(address))
        page.goto("/accounts/login/")
        page.get_by_label("Your e-mail address").fill(address)
        page.get_by_role("button", name="Send me a code").click()
        expect(page.get_by_label("The six digits")).to_be_visible()
        work()
        code = next(
            m[1]
            for mail in mails.to(address)[before:]
            if (m := re.search(r"\b(\d{6})\b", mail["text"]))
        )
        page.get_by_label("The six digits").fill(code)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/accounts/" not in url)

    return sign_in


def set_up(page: Any) -> None:
    page.goto("/me/security/passkey/")
    expect(page.get_by_label("name", exact=False)).to_have_count(0)
    page.get_by_role("button", name="Yes, use it on this device").click()


def sign_out(page: Any) -> None:
    page.goto("/me/security/")
    page.get_by_role("button", name="Sign out here").click()


def by_finger(page: Any) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use my fingerprint or face").click()


def test_passkey_of_a_member_is_one_more_way_in_and_never_a_condition(device, by_code, mails, work):
    make_person(email="keyla@example.org")
    telephone, computer = device(), device(reader=False)
    by_code(computer, "keyla@example.org")
    by_code(telephone, "keyla@example.org")
    set_up(telephone)
    expect(telephone.get_by_text("Done. Next time, tap")).to_be_visible()
    key = Authenticator.objects.get()
    assert key.wrap().name.endswith("on a Linux computer")
    computer.goto("/me/")
    expect(computer.get_by_role("heading", level=1)).to_contain_text(
        "Good"
    )  # nobody was signed out
    work()
    assert mails.to("keyla@example.org")[-1]["subject"] == "Was this you?"
    sign_out(telephone)
    by_finger(telephone)
    expect(telephone.get_by_role("heading", level=1)).to_contain_text("Good")
    sign_out(computer)
    by_code(computer, "keyla@example.org")
    expect(computer.get_by_role("heading", level=1)).to_contain_text("Good")
    by_code(device(reader=False), "keyla@example.org")  # a third one, never seen before
    telephone.goto("/me/security/")
    telephone.get_by_role("button", name="Remove").click()
    expect(telephone.get_by_text("The code by e-mail still lets you in")).to_be_visible()
    assert not Authenticator.objects.exists()
    assert set(
        AuditEntry.objects.filter(action__startswith="login.key").values_list("action", flat=True)
    ) == {
        "login.key_added",
        "login.key_removed",
    }


def test_device_without_a_key_says_so_beside_the_button(device):
    page = device()
    by_finger(page)
    expect(page.get_by_text("This device knows no fingerprint for us.")).to_be_visible()
    page.get_by_role("link", name="Send me a code instead").click()
    expect(page.get_by_role("heading", name="Sign in with a code")).to_be_visible()


def test_button_is_not_shown_without_a_reader_of_the_browser(device):
    page = device(reader=False)
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Use my fingerprint or face")).to_be_hidden()
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()


def test_two_who_share_an_address_have_one_passkey_and_are_asked_who_is_here(device, by_code):
    make_member(email="us@example.org"), make_member(email="us@example.org", first_name="Carol")
    tablet = device()
    by_code(tablet, "us@example.org")
    tablet.get_by_role("button", name=re.compile("Ruth")).click()
    set_up(tablet)
    expect(tablet.get_by_text("Done. Next time, tap")).to_be_visible()
    sign_out(tablet)
    by_finger(tablet)
    tablet.get_by_role("button", name=re.compile("Carol")).click()
    expect(tablet.get_by_role("heading", level=1)).to_contain_text("Carol")


def test_treasurer_sets_up_a_fingerprint_where_powers_sleep_and_is_back_there(device, by_code):
    boss = make_staff("finance", second_key=False)
    laptop, borrowed = device(), device(reader=False)
    by_code(laptop, boss.email)
    laptop.goto("/admin/billing/payment/")
    expect(laptop.get_by_role("heading", name="This page needs your second key")).to_be_visible()
    laptop.get_by_role("link", name="Add my fingerprint or face").click()
    laptop.get_by_role("button", name="Yes, use it on this device").click()
    expect(laptop.get_by_role("heading", name="Codes to print")).to_be_visible()
    printed = laptop.locator("ol.codes code").all_inner_texts()
    assert len(printed) == 10
    laptop.get_by_role("link", name="Back").click()
    laptop.get_by_role("link", name="Go on where you were").click()
    expect(laptop.get_by_role("heading", name="Payments")).to_be_visible()
    by_code(borrowed, boss.email)
    borrowed.goto("/me/")
    expect(borrowed.get_by_role("heading", level=1)).to_contain_text(
        "Good"
    )  # the code works for staff as well
    borrowed.goto("/admin/billing/payment/")
    borrowed.get_by_role("link", name="Use my second key").click()
    borrowed.get_by_role("textbox").first.fill(printed[0])
    borrowed.get_by_role("button", name="Go on").click()
    expect(borrowed.get_by_role("heading", name="Payments")).to_be_visible()
    sign_out(laptop)
    by_finger(laptop)
    laptop.wait_for_url("**/me/")
    laptop.goto("/admin/billing/payment/")
    expect(laptop.get_by_role("heading", name="Payments")).to_be_visible()


def test_treasurer_adds_an_authenticator_app(device, by_code):
    boss = make_staff("finance", second_key=False)
    page = device(reader=False)
    by_code(page, boss.email)
    page.goto("/me/security/")
    page.get_by_role("link", name="Add the app").click()
    secret = page.locator("code").inner_text()
    page.locator("#id_code").fill("000000")
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.locator("#id_code").fill(digits(secret, for_a_while=15))
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("heading", name="Codes to print")).to_be_visible()
    page.goto("/admin/billing/payment/")
    expect(page.get_by_role("heading", name="Payments")).to_be_visible()
