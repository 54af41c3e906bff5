"""Stories of people and powers in real Chromium: applying, ways in, being helped, roles."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.site import PASSWORD, go_on_to_pay
from tests.test_story import PHONE, look_until
from tests.tiers import BOTH_WAYS

pytestmark = pytest.mark.browser


def today_at_home():
    """The day on the club's calendar, as a field for days takes it."""
    return dt.datetime.now(ZoneInfo("America/Chicago")).date().isoformat()


@BOTH_WAYS
def test_from_applying_to_an_active_member(site, visitor, scripts):
    """Apply in five steps, be vouched for by the member named, be approved, pay, be active."""
    name, options = ("Marisol" if scripts else "Thea"), {"java_script_enabled": scripts}
    email = f"{name.lower()}@example.org"
    before = len(site.mails_with("A short question", "member@example.org"))
    window = visitor(**options)
    window.go("/join/")
    page = window.page
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Please type your first name.")
    page.get_by_label("First name").fill(name)
    page.get_by_label("Last name").fill("Testwell")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_label("Phone number").fill("713-555-0150")
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("button", name="Save for later").click()
    page.get_by_role("link", name="Go on where I stopped").click()
    page.get_by_label("A member who knows you").fill("June Sampleton")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_text("June Sampleton")).to_be_visible()
    page.get_by_label("I’m 50 or over").check()
    page.get_by_label("You may keep what I typed").check()
    if not scripts:
        page.get_by_label("which day comes after Monday").fill("Tuesday")
    page.wait_for_timeout(3100)  # nobody reads a page in less; the form says so to robots
    page.get_by_role("button", name="Send it").click()
    page.get_by_label("The six digits").fill(site.code_for(email, after=0))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name=f"Good to have you, {name}")).to_be_visible()

    friend = visitor(**options)
    friend.sign_in_by_code("member@example.org")
    asked = site.wait_for_mail("A short question", "member@example.org", count=before + 1)
    friend.go(asked["text"].split(site.url)[1].split()[0])
    friend.page.get_by_role("button", name="Yes, we know each other").click()
    expect(friend.page.get_by_text("Your answer is noted")).to_be_visible()

    staff = visitor(**options)
    staff.sign_in_by_password("membership@example.org", PASSWORD, "/admin/")
    staff.go("/admin/members/application/?who=us")
    staff.page.get_by_role("link", name=f"{name} Testwell").click()
    expect(staff.page.get_by_text("Said yes on")).to_be_visible()
    if scripts:
        staff.page.locator("h1").click()
        staff.page.keyboard.press("y")
    else:
        staff.page.get_by_role("button", name="Say yes").click()
    expect(staff.page.get_by_text(f"{name} Testwell may pay the dues now")).to_be_visible()

    window.go("/me/membership/")
    page.get_by_text("Just you, $40").click()
    go_on_to_pay(page)
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Pay").click()
    look_until(page, page.get_by_text("Receipt no."), scripts)
    window.go("/me/")
    expect(page.get_by_text("Active", exact=True)).to_be_visible()


def apply_without_e_mail(window, first, last):
    """Five steps on a phone without JavaScript, with a telephone number alone."""
    page = window.page
    window.go("/join/")
    page.get_by_label("First name").fill(first)
    page.get_by_label("Last name").fill(last)
    page.get_by_role("button", name="Save and go on").click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Please give us a phone number")
    page.get_by_label("Phone number").fill("713-555-0151")
    for _ in range(3):
        page.get_by_role("button", name="Save and go on").click()
    page.get_by_label("I’m 50 or over").check()
    page.get_by_label("You may keep what I typed").check()
    page.get_by_label("which day comes after Monday").fill("tuesday")
    page.wait_for_timeout(3100)
    page.get_by_role("button", name="Send it").click()


def test_person_without_e_mail_applies_and_a_paper_form_is_keyed_in(site, visitor):
    window = visitor(java_script_enabled=False, viewport=PHONE)
    apply_without_e_mail(window, "Opaline", "Paperless")
    expect(window.page.get_by_text("Your number:")).to_be_visible()
    staff = visitor()
    page = staff.page
    staff.sign_in_by_password("membership@example.org", PASSWORD, "/admin/")
    staff.go("/admin/members/application/?who=us")
    page.get_by_role("link", name="Opaline Paperless").click()
    page.get_by_role("button", name="Confirmed by phone").click()
    expect(page.get_by_text("Opaline Paperless is confirmed and in the queue")).to_be_visible()
    staff.go("/admin/members/application/add/")
    page.get_by_label("First name", exact=True).fill("Dotty")
    page.get_by_label("Last name", exact=True).fill("Inkpen")
    page.get_by_label("Phone number").fill("713-555-0152")
    page.get_by_label("50 or over").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Dotty Inkpen is in the queue")).to_be_visible()
    # Their letters wait on paper or for a call.
    office = visitor()
    office.sign_in_by_password("communications@example.org", PASSWORD, "/admin/")
    office.page.get_by_role("link", name="to print or to make").click()
    expect(office.page.get_by_text("Opaline Paperless, 713-555-0151")).to_be_visible()


def test_declined_and_applied_again(site, visitor):
    staff = visitor()
    page = staff.page
    staff.sign_in_by_password("membership@example.org", PASSWORD, "/admin/")
    for round_, heading in ((1, "Good to have you, Fern"), (2, "Good to have you, Fern")):
        window = visitor()
        before = len(site.box.to("fern@example.org"))
        mine = window.page
        window.go("/join/")
        mine.get_by_label("First name").fill("Fern")
        mine.get_by_label("Last name").fill("Again")
        mine.get_by_role("button", name="Save and go on").click()
        mine.get_by_label("Your e-mail address").fill("fern@example.org")
        for _ in range(3):
            mine.get_by_role("button", name="Save and go on").click()
        mine.get_by_label("I’m 50 or over").check()
        mine.get_by_label("You may keep what I typed").check()
        mine.wait_for_timeout(3100)
        mine.get_by_role("button", name="Send it").click()
        mine.get_by_label("The six digits").fill(site.code_for("fern@example.org", after=before))
        mine.get_by_role("button", name="Sign in", exact=True).click()
        expect(mine.get_by_role("heading", name=heading)).to_be_visible()
        staff.go("/admin/members/application/?who=us")
        page.get_by_role("link", name="Fern Again").click()
        if round_ == 1:
            page.get_by_label("Why, or what you would like to know").fill("Could not reach her")
            page.get_by_label("may apply again from").fill(today_at_home())
            page.get_by_role("button", name="Say no").click()
            expect(page.get_by_text("A kind letter is on its way to Fern Again")).to_be_visible()
            site.wait_for_mail("About your note to us", "fern@example.org")
    expect(page.get_by_role("button", name="Say yes")).to_be_visible()


def test_member_is_helped_on_the_phone(site, visitor):
    staff = visitor()
    page = staff.page
    staff.sign_in_by_password("membership@example.org", PASSWORD, "/admin/")
    staff.go("/admin/members/member/?q=Sampleton&status=active")
    page.get_by_role("link", name="Sampleton, June").first.click()
    page.get_by_label("What do you help with?").fill("Cannot find the button")
    page.get_by_role("button", name="Help inside their pages").click()
    expect(page.get_by_text("You are helping June Sampleton.")).to_be_visible()
    staff.go("/events/coffee-and-conversation/")
    page.get_by_label("I’m bringing").fill("Bagels")
    page.locator("#answer-yes").click()
    expect(page.get_by_text("You’re coming").first).to_be_visible()
    staff.go("/me/security/")
    expect(page.get_by_text("does this alone")).to_be_visible()
    page.get_by_role("button", name="Stop helping").click()
    expect(page.get_by_role("heading", name="June Sampleton")).to_be_visible()
    boss = visitor()
    boss.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/")
    boss.go("/admin/members/auditentry/?kind=assist.")
    expect(boss.page.get_by_text("Cannot find the button")).to_be_visible()
    expect(boss.page.get_by_role("row").filter(has_text="assist: event")).to_contain_text(
        "member no."
    )


def test_role_given_until_today_opens_the_desk_today(site, visitor):
    boss = visitor()
    page = boss.page
    boss.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/")
    helper = visitor()
    helper.sign_in_by_password("member@example.org", PASSWORD)
    helper.page.goto(site.url + "/admin/")
    expect(helper.page.get_by_role("heading", level=1)).not_to_contain_text("desk")
    boss.go("/admin/members/roleassignment/add/")
    page.get_by_label("E-mail address of the person").fill("member@example.org")
    page.get_by_label("Role", exact=True).select_option(label="events")
    today = today_at_home()
    page.get_by_label("From").fill(today)
    page.get_by_label("Until").fill(today)
    page.get_by_role("button", name="Give the role").click()
    boss.prove("superadmin@example.org")
    expect(page.get_by_text("The role is given.")).to_be_visible()
    helper.go("/admin/")
    expect(helper.page.get_by_role("heading", name="Volunteers’ desk")).to_be_visible()
    page.get_by_role("link", name="member@example.org").first.click()
    page.get_by_role("button", name="Take the role back now").click()
    expect(page.get_by_text("The role is taken back")).to_be_visible()
    helper.page.goto(site.url + "/admin/")
    expect(helper.page.get_by_role("heading", level=1)).not_to_contain_text("desk")


def test_form_asks_one_question_a_screen_on_a_phone(site, visitor):
    window = visitor(viewport=PHONE)
    page = window.page
    window.go("/join/")
    expect(page.get_by_text("Question 1 of 4")).to_be_visible()
    expect(page.get_by_label("Last name")).to_be_hidden()
    page.get_by_label("First name").fill("Iris")
    page.get_by_label("First name").press("Enter")
    expect(page.get_by_text("Question 2 of 4")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "id_last_name"
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("button", name="Next")).to_be_hidden()
    page.get_by_role("button", name="Save and go on").click()
    # What is missing is the question that is shown, with its sentence.
    expect(page.get_by_text("Question 2 of 4")).to_be_visible()
    expect(page.get_by_text("Please type your last name.").last).to_be_visible()
    page.get_by_label("Last name").fill("Phoneley")
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="How to reach you")).to_be_visible()
