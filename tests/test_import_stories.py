"""Bringing in a large list, as the secretary does it: look it over, decide, run, invite, take it
back; with and without JavaScript.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.site import PASSWORD
from tests.test_story import look_until, mailed, people_of, say_which_plans
from tests.tiers import BOTH_WAYS, IS_SOAK

pytestmark = pytest.mark.browser
ROWS = 20_000 if IS_SOAK else 4_000


def large_list(path, mark):
    """A volunteer's list: all sorts of days and numbers, two people of one address, a line that
    cannot be read.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write("First name,Last name,E-mail,Cell,Member since,Plan,Paid thru\n")
        for n in range(ROWS):
            day = ("2015-03-04", "March 2020", "12/25/2019")[n % 3]
            file.write(
                f"{mark}{n},Sample{n},{mark}{n}@example.org,713-555-{n % 10000:04},{day},Individual,2030-01-01\n"
            )
        file.write(f"Twin,Other,{mark}7@example.org,,,,\n")
        file.write("Bad,Line,half@,,,,\n")


@BOTH_WAYS
def test_large_list_is_looked_over_decided_run_invited_and_taken_back(
    site, visitor, tmp_path, scripts
):
    mark = "jo" if scripts else "al"
    path = tmp_path / f"{mark}.csv"
    large_list(path, mark)
    before, mails = site.totals(), len(site.box.mails)
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/imports/importjob/add/")
    page = window.page
    page.get_by_label("Choose the files").set_input_files(path)
    page.get_by_role("button", name="Look them over").click()
    look_until(page, page.get_by_role("heading", name="Look it over"), scripts)
    expect(page.get_by_text("2 lines would be left out.")).to_be_visible()
    assert site.totals() == before, "a preview changes nothing"
    if scripts:
        assert not violations(window)
    page.get_by_label("Somebody else at the same address: a new person").check()
    page.get_by_role("button", name="Save these answers").click()
    look_until(page, page.get_by_role("heading", name="Look it over"), scripts)
    page.get_by_role("link", name=re.compile("^Refused")).click()
    expect(page.get_by_text("“half@” is not an e-mail address.")).to_be_visible()
    page.reload()
    say_which_plans(page, scripts)
    page.get_by_label("Bring in the good lines without them").check()
    page.get_by_role("button", name=f"Run: bring in {2 * ROWS + 1} new and 0 changed").click()
    look_until(page, page.get_by_role("heading", name="Done", exact=True), scripts)
    after = site.totals()
    assert after["members"]["total"] == before["members"]["total"] + ROWS + 1
    assert not mailed(site, mails) & people_of([path]), "nothing was mailed to anyone"
    if scripts:
        assert not violations(window)
    page.get_by_role("link", name="Invite them").click()
    expect(page.get_by_text("0 invited so far")).to_be_visible()
    if scripts:
        assert not violations(window)
    page.go_back()
    page.get_by_text("Take this import back", exact=True).click()
    page.get_by_role("button", name="Take it all back").click()
    if page.get_by_role(
        "heading", name="Is it still you?"
    ).count():  # it took longer than a proof is good for
        window.prove("superadmin@example.org")
    look_until(page, page.get_by_role("heading", name="It is taken back"), scripts)
    assert site.totals()["members"] == before["members"]
    assert "Traceback" not in site.log()


@BOTH_WAYS
def test_file_nobody_knows_is_explained_column_by_column(site, visitor, tmp_path, scripts):
    name = "Huldah" if scripts else "Ursula"
    path = tmp_path / "odd.csv"
    path.write_text(
        f"Mitglied {name},Wohnort,Anschrift,Seit\n{name} Sample,Houston,{name.lower()}@example.org,2015-03-09\n"
    )
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/imports/importjob/add/")
    page = window.page
    page.get_by_label("Choose the files").set_input_files(path)
    page.get_by_role("button", name="Look them over").click()
    expect(page.get_by_role("heading", name="What do the columns of odd.csv mean?")).to_be_visible()
    if scripts:
        assert not violations(window)
    page.get_by_label(f"Mitglied {name}").select_option(label="Whole name")
    page.get_by_role("button", name="Read it so").click()
    expect(page.get_by_text("Please say which column is “E-mail address”.").first).to_be_visible()
    page.get_by_label("Anschrift").select_option(label="E-mail address")
    page.get_by_label("Seit").select_option(label="Member since")
    page.get_by_role("button", name="Read it so").click()
    look_until(page, page.get_by_role("heading", name="Look it over"), scripts)
    page.get_by_role("button", name="Run: bring in 1 new").click()
    look_until(page, page.get_by_role("heading", name="Done", exact=True), scripts)
    window.go(f"/admin/members/member/?q={name}")
    page.get_by_role("link", name=re.compile(name)).first.click()
    expect(page.get_by_role("heading", name=f"{name} Sample")).to_be_visible()


@BOTH_WAYS
def test_one_bad_file_does_not_take_the_other_with_it(site, visitor, tmp_path, scripts):
    mark = "wa" if scripts else "wo"
    users, gifts = tmp_path / f"{mark}-users.csv", tmp_path / f"{mark}-gifts.csv"
    users.write_text(f"user_email,first_name,last_name\n{mark}@example.org,{mark}na,Waits\n")
    gifts.write_text("")
    window = visitor(java_script_enabled=scripts)
    window.sign_in_by_password("superadmin@example.org", PASSWORD, "/admin/imports/importjob/add/")
    page = window.page
    page.get_by_label("Choose the files").set_input_files([users, gifts])
    page.get_by_role("button", name="Look them over").click()
    expect(page.get_by_role("heading", name="Some files could not be used")).to_be_visible()
    expect(page.get_by_text(f"{gifts.name} is empty.")).to_be_visible()
    expect(page.get_by_text("The other one is kept and waits here.")).to_be_visible()
    if scripts:
        assert not violations(window)
    gifts.write_text(f"e-mail,amount,date\n{mark}@example.org,25.00,2025-03-01\n")
    page.get_by_label("Choose them again, mended").set_input_files(gifts)
    page.get_by_role("button", name="Look them over").click()
    look_until(page, page.get_by_role("heading", name="Look it over"), scripts)
    expect(page.get_by_text(gifts.name, exact=False).first).to_be_visible()
    expect(page.get_by_role("button", name="Run: bring in 2 new and 0 changed")).to_be_visible()
    page.get_by_text("Add a file, or bring one again, mended").click()
    page.get_by_label("Choose the files", exact=True).set_input_files(users)
    page.get_by_role("button", name="Look them over").click()
    expect(page.get_by_text("are the same file. Please choose it once.")).to_be_visible()
    if scripts:
        assert not violations(window)
