"""Stories of belonging in private, in real Chromium: profile, household, a widow, two records, the
directory, own data, being forgotten.
"""

import io
import zipfile

import pytest
from playwright.sync_api import expect

from tests.site import PASSWORD, person, wait_until
from tests.tiers import BOTH_WAYS

pytestmark = pytest.mark.browser


def put_in_photo(page, path):
    from PIL import Image

    Image.new("RGB", (600, 400), "teal").save(path)
    page.get_by_role("link", name="Add a photo").click()
    page.get_by_label("A picture of you").set_input_files(path)
    page.get_by_role("button", name="Put it in").click()
    photo = page.get_by_alt_text("Your photo, as others would see it")
    expect(photo).to_be_visible()
    assert wait_until(lambda: photo.evaluate("i => i.complete && i.naturalWidth > 0")), (
        "a picture stands on the page before its bytes do"
    )
    page.get_by_role("button", name="Turn right").click()
    expect(page.get_by_role("button", name="Turn left")).to_be_visible()


@BOTH_WAYS
def test_profile_is_edited_and_previewed_as_a_member_sees_it(site, visitor, scripts, tmp_path):
    first = "Willa" if scripts else "Wanda"
    email = f"{first.lower()}@example.org"
    person(site, first, "Mockford", email)
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_code(email)
    window.go("/me/profile/")
    page = window.page
    page.get_by_role("link", name="Change Telephone").click()
    page.get_by_label("Phone number").fill("12")
    page.get_by_label("Leave no message").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Some digits seem to be missing")
    page.get_by_label("Phone number").fill("713-555-0177")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("713-555-0177")).to_be_visible()
    page.get_by_role("link", name="Change Postal address").click()
    page.get_by_label("Neighborhood").fill("Montrose")
    page.get_by_role("button", name="Save").click()
    put_in_photo(page, tmp_path / "me.jpg")
    window.go("/me/directory/")
    expect(page.get_by_text("if you save this")).to_be_visible()
    page.get_by_label("Neighborhood: who sees it").select_option("members")
    page.get_by_label("Phone: who sees it").select_option("officers")
    page.get_by_role("button", name="Let members find me").click()
    preview = page.get_by_role("region", name="What members see").or_(
        page.locator("section", has_text="Guests and search engines")
    )
    expect(preview.first).to_contain_text("Montrose")
    expect(preview.first).not_to_contain_text("713-555-0177")

    other = visitor(java_script_enabled=scripts)
    other.sign_in_by_password("member@example.org", PASSWORD)
    other.go("/directory/")
    other.page.get_by_label("Find by name or neighborhood").fill(first)
    if scripts:
        expect(other.page.get_by_text(f"Found for “{first}”")).to_be_visible()
    else:
        other.page.get_by_role("button", name="Find").click()
    other.page.get_by_role("link", name=first).click()
    expect(other.page.get_by_role("heading", name=first)).to_be_visible()
    expect(other.page.get_by_text("713-555-0177")).to_have_count(0)


@BOTH_WAYS
def test_two_are_linked_share_the_dues_and_part(site, visitor, scripts):
    one, other = ("Rosa", "Tilda") if scripts else ("Rita", "Tess")
    for name in (one, other):
        person(site, name, "Draper", f"{name.lower()}@example.org")
    hers, theirs = visitor(java_script_enabled=scripts), visitor(java_script_enabled=scripts)
    hers.sign_in_by_code(f"{one.lower()}@example.org")
    hers.go("/me/household/")
    hers.page.get_by_label("Their first name").fill(other)
    hers.page.get_by_label("Their e-mail address").fill(f"{other.lower()}@example.org")
    hers.page.get_by_role("button", name="Ask them").click()
    expect(hers.page.get_by_role("heading", name="Waiting for an answer")).to_be_visible()
    theirs.sign_in_by_code(f"{other.lower()}@example.org")
    theirs.go("/me/household/")
    theirs.page.get_by_role("button", name="Yes, link us").click()
    expect(theirs.page.get_by_role("heading", name=f"You and {one}")).to_be_visible()
    hers.go("/me/household/")
    hers.page.get_by_role("link", name="End this link").click()
    expect(
        hers.page.get_by_text("You both stay members until the day that is paid for.")
    ).to_be_visible()
    hers.page.get_by_role("button", name="End the link").click()
    expect(
        hers.page.get_by_role("heading", name="Is your partner or housemate a member too?")
    ).to_be_visible()
    theirs.go("/me/household/")
    expect(
        theirs.page.get_by_role("heading", name="Is your partner or housemate a member too?")
    ).to_be_visible()


@BOTH_WAYS
def test_death_is_noted_and_taken_back(site, visitor, scripts):
    first = "Odette" if scripts else "Olive"
    _, pk = person(site, first, "Trialstead", f"{first.lower()}@example.org")
    staff = visitor(java_script_enabled=scripts)
    staff.sign_in_by_password("membership@example.org", PASSWORD, "/admin/")
    staff.go(f"/admin/members/member/{pk}/change/")
    page = staff.page
    page.get_by_label("Why, in your words").fill("Her sister called")
    page.get_by_label("Not active, because").select_option("deceased")
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("Please tick that you are sure.")).to_be_visible()
    page.get_by_label("Why, in your words").fill("Her sister called")
    page.get_by_label("Not active, because").select_option("deceased")
    page.get_by_label("If she has died: I am sure").check()
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("Not active").first).to_be_visible()
    page.get_by_label("Why, in your words").fill("It was another one")
    page.get_by_role("button", name=f"It was a mistake: {first} is alive").click()
    expect(page.get_by_text("Everything is as it was before.")).to_be_visible()
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_text("Her sister called")).to_be_visible()


@BOTH_WAYS
def test_two_records_are_joined_by_two_people_and_taken_apart(site, visitor, scripts):
    last = "Paperhurst" if scripts else "Inkwell"
    _, keep = person(site, "Zelda", last, "", phone="+17135550111", bio="Plays bridge")
    number, _ = person(site, "Zelda", last, "", city="Houston", bio="Bakes")
    staff, second = visitor(java_script_enabled=scripts), visitor(java_script_enabled=scripts)
    staff.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/")
    staff.go(f"/admin/members/member/{keep}/change/")
    page = staff.page
    page.get_by_label("Member no. of the other record").fill(number)
    page.get_by_role("button", name="Look at both").click()
    page.get_by_label("Bakes").check()
    page.get_by_label("How do you know that it is one person?").fill("She told me")
    page.get_by_role("button", name="Join the two").click()
    staff.prove("superadmin@example.org")
    expect(
        page.get_by_text(
            "Another person has to agree within three days. Whoever may do so gets a letter."
        )
    ).to_be_visible()
    second.sign_in_by_password("admin@example.org", PASSWORD, "/admin/")
    second.go("/admin/members/approval/")
    second.page.get_by_role("link", name=f"Join no. {number}").first.click()
    second.page.get_by_role("button", name="I agree").click()
    second.prove("admin@example.org")
    staff.go(f"/admin/members/member/{keep}/change/")
    expect(page.get_by_label("About them")).to_have_value("Bakes")
    staff.go("/admin/members/binnedmember/")
    page.get_by_role("link", name=f"Zelda {last}").first.click()
    page.get_by_role("button", name="Take the two apart again").click()
    expect(page.get_by_text("is on the list again")).to_be_visible()
    staff.go(f"/admin/members/member/{keep}/change/")
    expect(page.get_by_label("About them")).to_have_value("Plays bridge")


@BOTH_WAYS
def test_note_is_passed_on_answered_and_blocked(site, visitor, scripts):
    first = "Nell" if scripts else "Nora"
    email = f"{first.lower()}@example.org"
    person(site, first, "Faux", email)
    hers, june = visitor(java_script_enabled=scripts), visitor(java_script_enabled=scripts)
    hers.sign_in_by_code(email)
    hers.go("/me/directory/")
    hers.page.get_by_role("button", name="Let members find me").click()
    june.sign_in_by_password("member@example.org", PASSWORD)
    june.go(f"/directory/?q={first}")
    june.page.get_by_role("link", name=first).click()
    june.page.get_by_role("link", name="Write through LOAF").click()
    june.page.get_by_label("Your note").fill("Shall we ride together?")
    june.page.get_by_role("button", name="Send it").click()
    expect(june.page.get_by_text("Your note is on its way.")).to_be_visible()
    note = site.wait_for_mail("A note for you", email)
    assert "member@example.org" not in note["text"] + note["html"]
    hers.go(note["text"].split(site.url)[1].split()[0])
    expect(hers.page.get_by_text("Shall we ride together?")).to_be_visible()
    hers.page.get_by_text("Something is wrong with this note").click()
    hers.page.get_by_role("button", name="No more notes from June").click()
    expect(hers.page.get_by_role("heading", name="You want no notes from")).to_be_visible()
    june.go(f"/directory/?q={first}")
    june.page.get_by_role("link", name=first).click()
    expect(june.page.get_by_text("takes no notes here")).to_be_visible()


@BOTH_WAYS
def test_own_data_is_asked_for_made_and_read(site, visitor, scripts):
    first = "Ottilie" if scripts else "Oona"
    email = f"{first.lower()}@example.org"
    person(site, first, "Makeby", email, bio="Collects buttons")
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_code(email)
    window.go("/me/privacy/")
    page = window.page
    page.get_by_role("link", name="Get my copy").click()
    page.get_by_role("button", name="Make my copy").click()
    wait_until(
        lambda: (
            (scripts or page.reload()) and page.get_by_role("link", name="Download (ZIP)").count()
        ),
        pause=0.2,
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="Download (ZIP)").click()
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert "Collects buttons" in archive.read("about-you.json").decode()
    assert archive.read("about-you.pdf").startswith(b"%PDF")
    assert download.value.suggested_filename == "about-you.zip"


@BOTH_WAYS
def test_being_forgotten_is_taken_back_and_then_meant(site, visitor, scripts):
    first = "Vesta" if scripts else "Viola"
    email = f"{first.lower()}@example.org"
    _, pk = person(site, first, "Standish", email)
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_code(email)
    page = window.page
    for keep in (True, False):
        window.go("/me/privacy/")
        page.get_by_role("link", name="End my membership").click()
        page.get_by_role("button", name="Forget me in 30 days").click()
        expect(page.get_by_role("heading", name="We forget you on")).to_be_visible()
        if keep:
            page.get_by_role("button", name="Please keep me").click()
            expect(page.get_by_text("Everything is as it was before.")).to_be_visible()
    code = (
        "import datetime as dt; from members.models import Member; from django.utils import timezone; "
        f"Member.objects.filter(pk={pk}).update(erase_on=timezone.localdate())"
    )
    site.manage("shell", "-v", "0", "-c", code)
    site.manage("sweep")
    window.go("/me/profile/")
    assert "/accounts/login/" in page.url
    staff = visitor(java_script_enabled=scripts)
    staff.sign_in_by_password("membership@example.org", PASSWORD, "/admin/")
    staff.go(f"/admin/members/member/?q={first}")
    expect(staff.page.get_by_text("Nothing matches")).to_be_visible()
