"""Stories of money in real Chromium: renewing, a refused card, another plan, checks to the bank,
money back, a card for a friend.
"""

import pytest
from playwright.sync_api import expect

from tests.site import PASSWORD, go_on_to_pay, person, wait_until
from tests.test_story import look_until
from tests.tiers import BOTH_WAYS

pytestmark = pytest.mark.browser
GOOD, BAD_LATER = "4242 4242 4242 4242", "4000 0000 0000 0341"


def pay(page, card, scripts=True):
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Pay").click()
    look_until(page, page.get_by_text("Receipt no."), scripts)


def reload_until(window, path, shown):
    """The worker does it in a moment; whoever reloads the page sees it."""
    wait_until(lambda: window.go(path) and shown.count(), pause=0.25)
    expect(shown.first).to_be_visible()


@BOTH_WAYS
def test_dues_renew_by_themselves_until_the_card_is_refused(site, visitor, scripts):
    name = "Renata" if scripts else "Remy"
    email = f"{name.lower()}@example.org"
    person(site, name, "Again", email, status="payment_pending")
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_code(email)
    page = window.page
    window.go("/me/membership/")
    page.get_by_text("Just you, $40").click()
    page.get_by_text("And by itself from then on").click()
    go_on_to_pay(page)
    pay(page, GOOD, scripts)
    reload_until(window, "/me/membership/", page.get_by_text("Yes: $40 on"))

    # Stopped, and taken back.
    page.get_by_role("button", name="Stop it").click()
    expect(
        page.get_by_text("Stopped. Nothing is charged any more, and what you have paid stays good.")
    ).to_be_visible()
    page.get_by_role("button", name="Let it go on").click()
    expect(page.get_by_text("It goes on as before.")).to_be_visible()

    # Another card, which the bank refuses when the day comes; then a good one.
    page.get_by_role("button", name="Give another card").click()
    page.get_by_label("Card number").fill(BAD_LATER)
    page.get_by_role("button", name="Save the card").click()
    reload_until(window, "/me/membership/", page.get_by_text("card ending in 0341"))
    theirs = [
        row
        for row in site.stripe.store.kinds["subscriptions"].values()
        if row["status"] != "canceled"
    ][-1]
    assert wait_until(
        lambda: site.stripe.store.get("payment_methods", theirs["default_payment_method"])[
            "_digits"
        ].endswith("0341")
    )
    a_year_passes(site, email)
    site.stripe.store.advance(theirs["id"])
    site.wait_for_mail("About your card", email)
    reload_until(window, "/me/membership/", page.get_by_text("Your bank refused the last charge."))
    page.get_by_role("button", name="Give another card").click()
    page.get_by_label("Card number").fill(GOOD)
    page.get_by_role("button", name="Save the card").click()
    reload_until(window, "/me/payments/", page.get_by_text("$40.00").nth(1))
    window.go("/me/membership/")
    expect(page.get_by_text("Your bank refused the last charge.")).not_to_be_visible()
    assert site.totals()["unbalanced_postings"] == 0


def a_year_passes(site, email):
    """Her paid year was over yesterday, and today the card is charged."""
    site.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "import datetime as dt; from django.utils import timezone; from billing.models import Membership, Subscription; "
        f"day, whose = timezone.localdate(), dict(member__email={email!r}); "
        "Membership.objects.filter(**whose).update(starts_on=day - dt.timedelta(days=366), ends_on=day - dt.timedelta(days=1)); "
        "Subscription.objects.filter(**whose).update(next_charge_on=day)",
    )


@BOTH_WAYS
def test_another_plan_today_takes_off_what_was_paid(site, visitor, scripts):
    name = "Upton" if scripts else "Uma"
    email = f"{name.lower()}@example.org"
    person(site, name, "Grade", email, status="payment_pending")
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_code(email)
    page = window.page
    window.go("/me/membership/")
    page.get_by_text("Just you, $40").click()
    go_on_to_pay(page)
    pay(page, GOOD, scripts)
    window.go("/me/membership/change/")
    page.get_by_text("Household from today: $20.00 now").click()
    go_on_to_pay(page)
    expect(page.get_by_text("20.00 USD").first).to_be_visible()
    pay(page, GOOD, scripts)
    window.go("/me/membership/")
    expect(page.get_by_text("Household, $60").first).to_be_visible()


def slip_is_made_counted_and_locked(site, visitor, one, scripts):
    """Everything that waits goes on a slip; a second person counts it, wrongly and then right."""
    page = one.page
    one.go("/admin/billing/deposit/add/")
    boxes = page.get_by_role("checkbox")
    for n in range(boxes.count()):
        if not boxes.nth(n).is_checked():
            boxes.nth(n).check()
    page.get_by_role("button", name="Make the slip").click()
    sum_of_slip = page.get_by_text("Together", exact=True)
    expect(sum_of_slip).to_be_visible()
    slip = page.url.removeprefix(site.url)
    total = sum_of_slip.locator("xpath=following-sibling::*[1]").inner_text()
    two = visitor(java_script_enabled=scripts)
    two.sign_in_by_password("admin@example.org", PASSWORD, "/admin/")
    two.go(slip)
    two.page.get_by_label("You counted").fill("1")
    two.page.get_by_role("button", name="I counted it").click()
    expect(two.page.get_by_text("That is not what the slip says.").first).to_be_visible()
    two.page.get_by_label("You counted").fill(total.replace("$", ""))
    two.page.get_by_role("button", name="I counted it").click()
    expect(two.page.get_by_text("Locked, and booked to the bank.")).to_be_visible()


@BOTH_WAYS
def test_checks_are_entered_put_on_a_slip_counted_and_one_is_paid_back(site, visitor, scripts):
    first, email = (
        ("Cheryl" if scripts else "Chuck"),
        ("cheryl@example.org" if scripts else "chuck@example.org"),
    )
    number, _ = person(site, first, "Checks", email, status="payment_pending")
    one = visitor(java_script_enabled=scripts)
    one.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/")
    page = one.page
    one.go("/admin/billing/payment/enter/")
    line = page.get_by_role("row").nth(1)
    line.get_by_label("Member no.").fill(number)
    line.get_by_label("Amount").fill("55")
    line.get_by_label("Check no.").fill("1041")
    line.get_by_label("For").select_option(label="Just you")
    page.get_by_role("button", name="Look it over").click()
    expect(page.get_by_text(f"{first} Checks, no. {number}")).to_be_visible()
    page.get_by_role("button", name="Yes, book 1 for $55.00").click()
    expect(page.get_by_text("1 booked, $55.00 together. The receipts go out.")).to_be_visible()
    site.wait_for_mail("Your receipt", email)

    slip_is_made_counted_and_locked(site, visitor, one, scripts)

    one.go(f"/admin/billing/payment/?q={first}")
    page.get_by_role("link", name=f"{first} Checks").first.click()
    page.get_by_role("link", name="Pay back").click()
    page.get_by_label("Amount").fill("15")
    page.get_by_label("Why").fill("The gift was a mistake")
    page.get_by_text("It goes on", exact=True).click()
    page.get_by_label("$15.00 of the gift").check()
    page.get_by_role("button", name="Pay it back").click()
    one.prove("superadmin@example.org")
    expect(page.get_by_text("It is in the books. Please hand the money over.")).to_be_visible()
    one.go("/admin/billing/payment/books/")
    expect(page.get_by_text("Every posting balances")).to_be_visible()


@BOTH_WAYS
def test_a_friend_pays_by_link_and_another_gives_a_card(site, visitor, scripts):
    name = "Linka" if scripts else "Lino"
    email = f"{name.lower()}@example.org"
    person(site, name, "Secret", email, status="payment_pending")
    her = visitor(java_script_enabled=scripts)
    her.sign_in_by_code(email)
    her.go("/me/membership/friend/")
    her.page.get_by_text("Just you, $40").click()
    her.page.get_by_role("button", name="Make the link").click()
    link = her.page.get_by_label("Good once").input_value()
    friend = visitor(java_script_enabled=scripts)
    friend.go(link.removeprefix(site.url))
    expect(friend.page.get_by_role("heading", name=f"Pay for {name}")).to_be_visible()
    expect(friend.page.get_by_text("Secret")).not_to_be_visible()
    friend.page.get_by_label("Your name").fill("Frida Friend")
    friend.page.get_by_label("E-mail", exact=True).fill(f"frida-{name.lower()}@example.org")
    go_on_to_pay(friend.page)
    pay(friend.page, GOOD, scripts)
    site.wait_for_mail("Good news", email)
    friend.go(link.removeprefix(site.url))
    expect(friend.page.get_by_role("heading", name="This link is over")).to_be_visible()

    friend.go("/give/membership/")
    friend.page.get_by_text("Just you, $40, a year").click()
    friend.page.get_by_label("Your name").fill("Frida Friend")
    friend.page.get_by_label("E-mail", exact=True).fill(f"frida-{name.lower()}@example.org")
    go_on_to_pay(friend.page)
    pay(friend.page, GOOD, scripts)
    code = (
        friend.page.get_by_role("heading", name="The code for your friend")
        .locator("xpath=following-sibling::p[1]")
        .inner_text()
    )
    her.go("/me/membership/code/")
    her.page.get_by_label("Your code").fill(code.lower())
    her.page.get_by_role("button", name="Use it").click()
    expect(her.page.get_by_text("Thank you. You are covered until")).to_be_visible()


@BOTH_WAYS
def test_one_of_a_household_pays_once_for_both(site, visitor, scripts):
    payer, partner = ("Hanna", "Holly") if scripts else ("Hugo", "Henry")
    for name in (payer, partner):
        person(site, name, "Home", f"{name.lower()}@example.org", status="payment_pending")
    ask, answer = visitor(java_script_enabled=scripts), visitor(java_script_enabled=scripts)
    answer.sign_in_by_code(f"{partner.lower()}@example.org")
    ask.sign_in_by_code(f"{payer.lower()}@example.org")
    ask.go("/me/household/")
    ask.page.get_by_label("Their first name").fill(partner)
    ask.page.get_by_label("Their e-mail address").fill(f"{partner.lower()}@example.org")
    ask.page.get_by_role("button", name="Ask them").click()
    expect(ask.page.get_by_role("heading", name="Waiting for an answer")).to_be_visible()
    answer.go("/me/household/")
    answer.page.get_by_role("button", name="Yes, link us").click()
    expect(answer.page.get_by_role("heading", name=f"You and {payer}")).to_be_visible()
    ask.go("/me/membership/")
    ask.page.get_by_text("Household, $60").click()
    go_on_to_pay(ask.page)
    pay(ask.page, GOOD, scripts)
    reload_until(
        answer,
        "/me/membership/",
        answer.page.get_by_text("You’re covered by the dues of your household."),
    )
    expect(answer.page.get_by_text("Active", exact=True)).to_be_visible()
    answer.go("/me/payments/")
    expect(answer.page.get_by_text("$60.00").first).to_be_visible()
    assert answer.page.get_by_text("$60.00").count() == 1, "one payment for two"
    answer.go("/me/membership/change/")
    expect(answer.page.get_by_role("heading", name="Your membership", exact=True)).to_be_visible()
    assert site.totals()["unbalanced_postings"] == 0
