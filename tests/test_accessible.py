"""Every page by axe (WCAG 2.2 AA, AAA contrast, targets), on a desktop and a phone, light and dark;
no sideways scrolling.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.site import PASSWORD
from tests.tiers import IS_SOAK

pytestmark = pytest.mark.browser
OPEN = [
    "/",
    "/about/",
    "/contact/",
    "/events/",
    "/events/spring-potluck/",
    "/donate/",
    "/give/membership/",
    "/join/",
    "/join/later/",
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/password/reset/",
    "/nothing/",
]
MEMBER = [
    "/me/",
    "/me/membership/",
    "/me/payments/",
    "/me/membership/change/",
    "/me/membership/friend/",
    "/me/membership/code/",
    "/events/",
    "/events/spring-potluck/",
    "/events/?show=mine",
    "/who/",
    "/join/status/",
    "/accounts/logout/",
    "/me/security/",
    "/me/letters/",
    "/me/profile/",
    "/me/profile/name/",
    "/me/profile/contact/",
    "/me/profile/about/",
    "/me/profile/access/",
    "/me/profile/emergency/",
    "/me/profile/more/",
    "/me/profile/email/",
    "/me/profile/photo/",
    "/me/directory/",
    "/me/household/",
    "/me/privacy/",
    "/me/privacy/copy/",
    "/me/privacy/leave/",
    "/me/notes/",
    "/me/again/",
    "/me/membership/card/",
    "/directory/",
    "/directory/?q=zzz",
    "/directory/2/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/email/",
    "/accounts/password/change/",
]
STAFF = [
    "/admin/",
    "/admin/members/member/",
    "/admin/members/member/?q=zzzz",
    "/admin/members/member/1/change/",
    "/admin/members/member/add/",
    "/admin/members/application/",
    "/admin/members/application/1/change/",
    "/admin/members/role/",
    "/admin/members/role/1/change/",
    "/admin/members/roleassignment/",
    "/admin/members/roleassignment/add/",
    "/admin/billing/plan/",
    "/admin/billing/plan/1/change/",
    "/admin/billing/membership/",
    "/admin/billing/payment/",
    "/admin/billing/payment/1/change/",
    "/admin/billing/providerevent/",
    "/admin/events/event/",
    "/admin/events/event/1/change/",
    "/admin/events/event/add/",
    "/admin/events/1/check-in/",
    "/admin/donations/donation/",
    "/admin/donations/fund/1/change/",
    "/admin/notices/message/",
    "/admin/imports/importjob/",
    "/admin/imports/importjob/add/",
    "/admin/members/member/as-file/",
    "/admin/billing/payment/as-file/",
    "/admin/members/paper/",
    "/admin/members/application/add/",
    "/admin/members/application/bulk/",
    "/admin/members/role/add/",
    "/admin/members/role/matrix/",
    "/admin/members/role/two-person/",
    "/admin/notices/message/office/",
    "/admin/notices/lettertext/",
    "/admin/notices/lettertext/welcome/words/",
    "/admin/notices/lettertext/welcome/preview/",
    "/admin/members/approval/",
    "/admin/members/announcement/",
    "/admin/members/announcement/add/",
    "/admin/members/auditentry/",
    "/admin/members/auditentry/as-file/",
    "/admin/billing/plan/bring-in/",
    "/admin/donations/fund/bring-in/",
    "/admin/members/user/",
    "/admin/members/user/1/change/",
    "/admin/members/question/add/",
    "/admin/billing/plan/add/",
    "/admin/donations/donation/1/change/",
    "/admin/members/member/9/change/",
    "/admin/members/member/9/timeline/",
    "/admin/members/member/9/private/",
    "/admin/members/member/9/merge/?number=10",
    "/admin/members/duplicatepair/",
    "/admin/members/binnedmember/",
    "/admin/members/savedfilter/",
    "/admin/members/savedfilter/add/",
    "/admin/members/savedfilter/1/change/",
    "/admin/members/profilefield/",
    "/admin/members/profilefield/add/",
    "/admin/members/office/",
    "/admin/members/office/add/",
    "/admin/members/office/1/change/",
    "/admin/members/paper/",
    "/admin/members/paper/add/",
    "/admin/members/membernote/",
    "/admin/events/1/care/",
    "/admin/shut/",
    "/admin/kept/",
    "/admin/billing/payment/enter/",
    "/admin/billing/payment/books/",
    "/admin/billing/payment/1/refund/",
    "/admin/billing/deposit/",
    "/admin/billing/deposit/add/",
    "/admin/billing/subscription/",
    "/admin/billing/subscription/1/change/",
    "/admin/billing/dispute/",
    "/admin/billing/payout/",
    "/admin/billing/bankline/",
    "/admin/billing/bankline/add/",
    "/admin/billing/bankline/1/change/",
    "/admin/billing/payment/money/",
    "/admin/billing/payment/due/",
    "/admin/billing/payment/by-hand/",
    "/admin/billing/payment/journal/",
    "/admin/billing/payment/file/",
    "/admin/billing/membership/add/",
    "/admin/billing/membership/1/change/",
]
SCHEMES = ("light", "dark")
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def scan(window, paths, size):
    """Look at pages with everything folded opened: in the long tier all of them light and dark;
    daily each in one size and one of the two, in turn.
    """
    problems = []
    for number, path in enumerate(paths):
        if not IS_SOAK and number % 2 != list(SIZES).index(size):
            continue
        window.go(path)
        for scheme in SCHEMES if IS_SOAK else [SCHEMES[number // 2 % 2]]:
            window.page.emulate_media(
                color_scheme=scheme, reduced_motion="reduce"
            )  # no color is caught on its way
            problems += [f"{path}, {scheme}: {line}" for line in violations(window)]
        width = window.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if width[0] > width[1]:
            problems.append(f"{path}: scrolls sideways, {width[0]} in {width[1]}")
        if not window.page.title().endswith("LOAF"):
            problems.append(f"{path}: title {window.page.title()}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("size", SIZES)
def test_open_pages(visitor, size):
    scan(visitor(viewport=SIZES[size]), OPEN, size)


@pytest.mark.parametrize("size", SIZES)
def test_member_pages(visitor, size):
    window = visitor(viewport=SIZES[size])
    window.sign_in_by_password("member@example.org", PASSWORD)
    scan(window, MEMBER, size)


@pytest.mark.parametrize("size", SIZES)
def test_desk_pages(visitor, size):
    window = visitor(viewport=SIZES[size])
    window.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/")
    scan(window, STAFF, size)


@pytest.mark.parametrize("width", [320, 640])
def test_largest_text_and_narrow_screens_do_not_scroll_sideways(visitor, width):
    """320 px is a desktop at 400 % zoom, 640 px at 200 %."""
    window = visitor(viewport={"width": width, "height": 700})
    window.go("/")
    window.page.get_by_role("button", name="Largest").click()
    for path in OPEN:
        window.go(path)
        assert window.page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_mistakes_take_the_focus_and_name_the_field(visitor):
    window = visitor()
    window.go("/donate/")
    window.page.get_by_label("Another amount").fill("lots")
    window.page.get_by_label("Your name").fill("Pat")
    window.page.get_by_label("E-mail", exact=True).fill("pat@example.net")
    window.page.get_by_role("button", name="Check the sum").click()
    expect(window.page).to_have_title(re.compile("^Error: "))
    expect(window.page.locator(".error-summary")).to_be_focused()
    assert window.page.get_by_label("Your name").input_value() == "Pat"
    assert not violations(window)


def test_keyboard_alone_reaches_the_main_part_and_the_menu(visitor):
    window = visitor(viewport=SIZES["phone"])
    window.go("/")
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.activeElement.className") == "skip"
    window.page.keyboard.press("Enter")
    assert window.page.evaluate("document.activeElement.id") == "main"
    window.page.get_by_role("button", name="Menu").press("Enter")
    assert window.page.get_by_role("link", name="Give").first.is_visible()
    window.page.keyboard.press("Escape")
    assert not window.page.get_by_role("navigation", name="Main").is_visible()


def test_escape_three_times_leaves_quickly(visitor):
    window = visitor()
    window.sign_in_by_password("member@example.org", PASSWORD)
    with window.page.expect_request("https://www.weather.gov/"):
        for _ in range(3):
            window.page.keyboard.press("Escape")
    window.page.close()  # there is no network here: the browser would show its own page of regret
    window.hosts.discard("www.weather.gov")
    window.page = window.context.new_page()
    window.go("/me/")
    assert "/accounts/login/" in window.page.url
