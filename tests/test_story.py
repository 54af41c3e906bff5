"""The acceptance story: from a real export file to a checked-in, paid-up member, in real Chromium.

It is played twice, with and without JavaScript, on one running site; the second time finds what the
first brought in.
"""

import datetime as dt
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.site import PASSWORD, PATIENCE, go_on_to_pay

pytestmark = pytest.mark.browser
DATA = Path(__file__).parent / "data" / "imports"
FILES = [
    DATA / "wp_users_codection.csv",
    DATA / "stripe_unified_customers.csv",
    DATA / "stripe_unified_payments_all.csv",
]
MEMBERS = {
    True: ("egret.cardboardford0@example.org", "Egret"),
    False: ("elm.fauxson20@example.net", "Elm"),
}
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_an_export_file_to_a_checked_in_paid_up_member(site, visitor, scripts):
    options = {"java_script_enabled": scripts}
    address, name = MEMBERS[scripts]
    before = site.totals()

    # 1. Staff bring in the files; they look them over first, and nothing is mailed.
    staff = visitor(**options)
    staff.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/")
    page = staff.page
    page.get_by_role("link", name="Import", exact=True).first.click()
    page.get_by_role("link", name="Bring in files").click()
    page.get_by_label("Choose the files").set_input_files(FILES)
    mails_before = len(site.box.mails)
    page.get_by_role("button", name="Look them over").click()
    look_until(page, page.get_by_role("heading", name="Look it over"), scripts)
    if scripts:
        expect(page.get_by_text("Agree to the cent")).to_have_count(0)
    page.get_by_role("link", name=re.compile("^Refused")).click()
    expect(page.get_by_text("“half@” is not an e-mail address.")).to_be_visible()
    assert site.totals()["members"] == before["members"], "a preview changes nothing"
    is_new = page.get_by_role("button", name="Run: bring in").count() > 0
    if is_new:
        say_which_plans(page, scripts)
        page.get_by_role("button", name="Run: bring in").click()
        expect(page.get_by_text("All or nothing: mend and decide them first").first).to_be_visible()
        page.get_by_label("Bring in the good lines without them").check()
        page.get_by_role("button", name="Run: bring in").click()
        look_until(page, page.get_by_role("heading", name="Done", exact=True), scripts)
    else:
        expect(page.get_by_role("heading", name="Nothing to bring in")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="8 lines left out of wp_users_codection.csv").click()
    refused = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "juniper at example dot org" in refused
    assert "user_pass" not in refused
    assert not mailed(site, mails_before) & people_of(FILES), "nothing was mailed to anyone"
    after = site.totals()
    if is_new:
        assert after["members"]["total"] == before["members"]["total"] + 69
    else:
        assert after["members"] == before["members"], "the same files again change nothing"
    assert after["unbalanced_postings"] == 0

    # An event with one place left for her and her guest.
    new_event(staff, f"Lunch for {name}")

    # 2. A member who never had a login here gets a code by mail and is in.
    member = visitor(**options)
    member.sign_in_by_code(address)
    page = member.page
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)

    # 3. She sees where she stands, answers with one guest; the room is full then.
    expect(page.get_by_text("Dues to pay")).to_be_visible()
    page.get_by_role("link", name="Events", exact=True).first.click()
    shown = page.get_by_role("link", name=f"Lunch for {name}")
    expect(shown).to_be_visible()
    shown.click()
    events_page = page.url.removeprefix(site.url)
    page.get_by_text("Me and a guest", exact=True).click()
    page.get_by_label("Your guest’s first name").fill("Zelda")
    page.get_by_role("button", name="I’m coming").click()
    expect(page.get_by_text("You’re coming, with 1 guest").first).to_be_visible()
    expect(page.get_by_text("(2 of 2 taken)")).to_be_visible()
    second = visitor(**options)
    second.sign_in_by_password("member@example.org", PASSWORD)
    second.go(events_page)
    second.page.get_by_role("button", name="Put me on the waiting list").click()
    expect(second.page.get_by_text("number 1 in line")).to_be_visible()

    # 4. She pays her dues; the signed webhook makes her active, whatever comes first; the receipt
    # is sent.
    member.go("/me/membership/")
    page.get_by_text("Household, $60").click()
    go_on_to_pay(page)
    expect(page.get_by_text("This is a stand-in for Stripe’s payment page")).to_be_visible()
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    site.stripe.store.deliverer.mode = "hold"
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Just a moment")).to_be_visible()
    site.stripe.store.deliverer.mode = "normal"
    site.stripe.store.deliverer.flush(shuffle=True, copies=3)
    look_until(page, page.get_by_text("Receipt no."), scripts)
    page.get_by_role("link", name="Go to my page").click()
    expect(page.get_by_text("Active", exact=True)).to_be_visible()
    assert "Household: $60.00" in site.wait_for_mail("Your receipt", address)["text"]

    # 5. A visitor without a login gives 25 dollars and is thanked.
    friend = visitor(**options)
    friend.go("/donate/")
    friend.page.get_by_text("two lunches").click()
    friend.page.get_by_label("Your name").fill(f"Pat Friend of {name}")
    friend.page.get_by_label("E-mail", exact=True).fill("pat@example.net")
    go_on_to_pay(friend.page)
    thanks = len(site.mails_with("Thank you", "pat@example.net"))
    friend.page.get_by_role("button", name="Pay").click()
    look_until(friend.page, friend.page.get_by_text("Receipt no."), scripts)
    site.wait_for_mail("Thank you", "pat@example.net", count=thanks + 1)

    # 6. Staff see her and both payments, and tick her off on a phone.
    page = staff.page
    staff.go("/admin/members/member/")
    page.get_by_label("Name or e-mail").fill(address)
    if not scripts:
        page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row").filter(has_text=address)
    expect(row).to_contain_text("Active")
    staff.go("/admin/billing/payment/")
    expect(page.get_by_role("row").filter(has_text=f"Pat Friend of {name}")).to_contain_text(
        "$25.00"
    )
    expect(
        page.get_by_role("row").filter(has_text="Household").filter(has_text="$60.00").first
    ).to_be_visible()
    check_in(site, visitor, options, name)
    books = site.totals()
    assert site_money(books) - site_money(before) == 8500
    assert books["unbalanced_postings"] == 0
    assert site.stripe.posts_without_key == 0


def say_which_plans(page, scripts):
    """The file names plans the house does not have: each is said to be one it has."""
    asked = page.get_by_role("region", name="Which of your plans are these?")
    if not asked.count():
        return
    for which in asked.get_by_role("combobox").all():
        which.select_option(label="Just you")
    asked.get_by_role("button", name="Save").click()
    look_until(page, page.get_by_role("heading", name="Look it over"), scripts)


def look_until(page, target, scripts):
    """With scripts the page changes by itself; without, she presses "Look again"."""
    if scripts:
        expect(target.first).to_be_visible()
        return
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not target.first.is_visible():
        again = page.get_by_role("link", name="Look again")
        if again.is_visible():
            again.click()
        page.wait_for_timeout(150)
    expect(target.first).to_be_visible()


def new_event(staff, title):
    """Plan an event with two places."""
    page = staff.page
    staff.go("/admin/events/event/add/")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    page.locator("#id_title").fill(title)
    if not page.locator("#id_slug").input_value():
        page.locator("#id_slug").fill(title.lower().replace(" ", "-"))
    page.locator("#id_starts_at").fill(soon.strftime("%Y-%m-%dT12:00"))
    page.locator("#id_ends_at").fill(soon.strftime("%Y-%m-%dT14:00"))
    page.locator("#id_capacity").fill("2")
    page.locator("#id_visibility").select_option("public")
    page.locator("#id_status").select_option("published")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name=title).first).to_be_visible()


def check_in(site, visitor, options, name):
    door = visitor(**{**options, "viewport": PHONE})
    door.sign_in_by_password("events@example.org", PASSWORD, "/admin/")
    page = door.page
    door.go("/admin/events/event/")
    page.get_by_role("link", name=f"Lunch for {name}").click()
    page.get_by_role("link", name="Check-in at the door").click()
    page.get_by_role("button", name=f"Check in {name}").click()
    expect(
        page.get_by_role(
            "button",
            name=f"{name} C. is here. Undo" if name == "Egret" else f"{name} F. is here. Undo",
        )
    ).to_be_visible()
    page.get_by_role("button", name="Check in Zelda").click()
    expect(page.get_by_text("2 are here")).to_be_visible()
    assert (
        page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        if options["java_script_enabled"]
        else True
    )


def people_of(files):
    """Every address that stands in the files."""
    words = {
        word
        for file in files
        for word in re.split(r"[\s,;\"<>()]+", file.read_text(encoding="utf-8-sig"))
    }
    return {word.lower() for word in words if "@" in word}


def mailed(site, after):
    """Whom a mail went to since there were `after` of them."""
    return {address.lower() for mail in site.box.mails[after:] for address in mail["to"]}


def site_money(books):
    """What was paid on this site, in cents."""
    return sum(
        row["sum"]
        for row in books["payments"]
        if row["source"] == "site" and row["status"] == "succeeded"
    )


def test_two_people_who_share_an_address_are_asked_who_is_here(site, visitor):
    shared = site.manage("shell", "-v", "0", "-c", SHARED).strip().splitlines()[-1]
    window = visitor()
    window.sign_in_by_code(shared)
    expect(window.page.get_by_role("heading", name="Who is here?")).to_be_visible()
    window.page.get_by_role("button", name="I’m").nth(1).click()
    expect(window.page.get_by_role("heading", level=1)).to_contain_text("Good")
    window.go("/who/")
    expect(window.page.get_by_role("heading", name="Who is here?")).to_be_visible()


SHARED = """
from django.db.models import Count
from members.models import Member
rows = Member.objects.exclude(email="").filter(user=None).values("email").annotate(n=Count("id")).filter(n__gt=1)
print(rows[0]["email"])
"""
