"""The member's own pages: one task a form, encrypted where it must be, photos made anew, another
address only after a code.
"""

import datetime as dt
import io
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from core import crypt, pictures
from members import photos
from members.models import AuditEntry, Consent, Member, Note, PrivateDetails
from members.tests.test_fresh import later
from members.tests.test_sign_in import read_code
from tests.factories import make_member, make_person, make_staff

pytestmark = pytest.mark.django_db
EMERGENCY = {
    "name1": "Winnie",
    "relation1": "sister",
    "phone1": "713-555-0150",
    "name2": "",
    "relation2": "",
    "phone2": "",
}


def save(client, part, **given):
    return client.post(reverse("members:profile_part", args=[part]), given)


@pytest.fixture
def ruth():
    return make_person(first_name="Ruth", email="ruth@example.org", phone="+17135550142")


def test_each_part_is_shown_saved_and_shown_again(as_user, ruth):
    client = as_user(ruth.user)
    assert (
        save(
            client,
            "name",
            first_name="Ruth",
            last_name="Sampleton",
            chosen_name="Ruthie",
            pronouns="she/her",
        ).status_code
        == 302
    )
    assert (
        save(
            client,
            "contact",
            phone="(713) 555-0199",
            voicemail="no",
            best_time="mornings",
            note="ask for Ruthie",
        ).status_code
        == 302
    )
    assert (
        save(
            client, "address", address_line1="12 Bread Street", city="Houston", area="Montrose"
        ).status_code
        == 302
    )
    assert save(client, "about", bio="Accordion", photo_consent="ask").status_code == 302
    assert (
        save(client, "access", needs=["stairs", "ride"], diet="no nuts", may_name="on").status_code
        == 302
    )
    assert save(client, "emergency", **EMERGENCY).status_code == 302
    page = client.get(reverse("members:profile")).content.decode()
    for words in (
        "Ruthie",
        "713-555-0199",
        "mornings",
        "Montrose",
        "Accordion",
        "I cannot climb stairs",
        "no nuts",
        "Winnie, sister: 713-555-0150",
    ):
        assert words in page, words
    ruth.refresh_from_db()
    assert (ruth.phone, ruth.called, ruth.photo_consent) == ("+17135550199", "Ruthie", "ask")
    for part, words in {
        "contact": "ask for Ruthie",
        "emergency": "Winnie",
        "access": "no nuts",
    }.items():
        assert words in client.get(reverse("members:profile_part", args=[part])).content.decode()


@pytest.mark.parametrize(
    ("part", "given", "field"),
    [
        ("name", {"first_name": " "}, "first_name"),
        ("contact", {"phone": "12", "voicemail": "no"}, "phone"),
        ("emergency", EMERGENCY | {"phone1": ""}, "phone1"),
        ("emergency", EMERGENCY | {"name1": ""}, "name1"),
        ("access", {"needs": ["flying"]}, "needs"),
        ("about", {"photo_consent": "perhaps"}, "photo_consent"),
    ],
)
def test_nonsense_gets_a_sentence_and_keeps_what_was_typed(as_user, ruth, part, given, field):
    answer = save(as_user(ruth.user), part, **given)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not PrivateDetails.objects.exists()


def test_details_and_notes_stand_encrypted_in_the_database(as_user, ruth):
    client = as_user(ruth.user)
    save(client, "emergency", **EMERGENCY)
    save(client, "access", needs=["hearing"], other="CANARY")
    Note.objects.create(member=ruth, kind="care", text="CANARY note")
    with connection.cursor() as cursor:
        cursor.execute("SELECT access, emergency FROM members_privatedetails")
        stored = " ".join(cursor.fetchone())
        cursor.execute("SELECT text FROM members_note")
        stored += cursor.fetchone()[0]
    assert "CANARY" not in stored
    assert "Winnie" not in stored
    assert PrivateDetails.objects.get().access["other"] == "CANARY"
    told = " ".join(str(e.details) for e in AuditEntry.objects.all())
    assert "CANARY" not in told
    assert "Winnie" not in told


def test_keys_are_rotated_by_command_and_an_old_key_can_go(settings, capsys, ruth):
    settings.FIELD_KEYS = ["old"]
    PrivateDetails.objects.create(member=ruth, access={"other": "before"})
    Note.objects.create(member=ruth, text="a note")
    app = TOTP.activate(ruth.user, "JBSWY3DPEHPK3PXP").instance
    settings.FIELD_KEYS = ["new", "old"]
    call_command("rotate_keys")
    assert "3 rows" in capsys.readouterr().out
    settings.FIELD_KEYS = ["new"]
    app.refresh_from_db()
    assert decrypt(app.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert PrivateDetails.objects.get().access == {"other": "before"}
    assert Note.objects.get().text == "a note"
    settings.FIELD_KEYS = ["other"]
    with pytest.raises(crypt.UnreadableField, match="FIELD_KEYS"):
        Note.objects.get()


def picture(size=(400, 300), fmt="JPEG", **options):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, fmt, **options)
    return out.getvalue()


def upload(client, data, name="me.jpg", kind="image/jpeg"):
    return client.post(
        reverse("members:profile_photo"),
        {"do": "upload", "photo": SimpleUploadedFile(name, data, kind)},
    )


def test_photo_loses_place_and_text_and_comes_in_three_sizes(as_user, ruth):
    client = as_user(ruth.user)
    exif = Image.Exif()
    exif[0x010E] = "CANARY-TEXT"
    exif.get_ifd(0x8825).update({1: "N", 2: (29.0, 45.0, 0.0)})
    assert upload(client, picture(exif=exif, comment=b"CANARY-COMMENT")).status_code == 302
    ruth.refresh_from_db()
    for size in (*photos.SIZES, photos.MASTER):
        with default_storage.open(photos.path(ruth.photo, size)) as file:
            data = file.read()
        assert b"CANARY" not in data
        shown = Image.open(io.BytesIO(data))
        assert shown.format == "WEBP"
        assert not shown.getexif()
        assert max(shown.size) <= photos.SIZES.get(size, photos.MASTER_SIDE)


def bomb():
    """A PNG of some kilobytes that claims 169 million dots."""
    out = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(out, "PNG")
    return out.getvalue()


GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bomb, "20 million"),
        (lambda: b"", "empty"),
        (
            lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "no picture",
        ),
        (lambda: b"<html><script>alert(1)</script>", "no picture"),
        (lambda: GIF, "no picture"),
        (lambda: picture()[:200], "no picture"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "no picture"),
        (lambda: b"push graphic-context\nfill 'url(https://evil.example)'", "no picture"),
        (lambda: b"\xff\xd8\xff\xe0" + b"\x00" * 5000, "no picture"),
        (lambda: b"%PDF-1.4", "no picture"),
        (lambda: picture((100, 100)) + b"\x00" * (10 * 1024 * 1024), "10 megabytes"),
    ],
)
def test_bad_picture_is_refused_in_words(as_user, ruth, data, words):
    began = time.process_time()
    answer = upload(as_user(ruth.user), data(), name="../../me.php.jpg")
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert time.process_time() - began < 5
    ruth.refresh_from_db()
    assert ruth.photo == ""


def test_tail_behind_a_real_picture_does_not_survive(as_user, ruth):
    upload(as_user(ruth.user), picture() + b"<script>CANARY</script><?php CANARY ?>")
    ruth.refresh_from_db()
    with default_storage.open(photos.path(ruth.photo, "l")) as file:
        assert b"CANARY" not in file.read()


def test_photo_is_turned_cut_and_taken_away_with_its_files(as_user, ruth):
    client = as_user(ruth.user)
    upload(client, picture((400, 200)))
    ruth.refresh_from_db()
    first = ruth.photo
    client.post(reverse("members:profile_photo"), {"do": "right"})
    ruth.refresh_from_db()
    with default_storage.open(photos.path(ruth.photo, photos.MASTER)) as file:
        assert Image.open(file).size == (200, 400)
    client.post(
        reverse("members:profile_photo"),
        {"do": "crop", "zoom": "2.2", "across": "start", "down": "end"},
    )
    assert (
        client.post(
            reverse("members:profile_photo"),
            {"do": "crop", "zoom": "99", "across": "x", "down": "end"},
        ).status_code
        == 422
    )
    client.post(reverse("members:profile_photo"), {"do": "remove"})
    ruth.refresh_from_db()
    assert ruth.photo == ""
    assert "initials" in client.get(reverse("members:profile_photo")).content.decode()
    assert first


@pytest.mark.django_db(transaction=True)
def test_files_of_an_earlier_photo_are_deleted(as_user):
    ruth = make_person()
    client = as_user(ruth.user)
    upload(client, picture())
    ruth.refresh_from_db()
    earlier = ruth.photo
    upload(client, picture((300, 300)))
    assert not default_storage.exists(photos.path(earlier, "l"))
    ruth.refresh_from_db()
    client.post(reverse("members:profile_photo"), {"do": "remove"})
    assert not default_storage.exists(photos.path(ruth.photo, "l"))


def test_link_to_a_photo_opens_for_one_login_for_five_minutes(as_user, ruth, time_machine):
    client, other = as_user(ruth.user), as_user(make_person().user)
    upload(client, picture())
    ruth.refresh_from_db()
    url = photos.link(ruth, "m", ruth.user)
    answer = client.get(url)
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        200,
        "image/webp",
        "nosniff",
    )
    assert "private" in answer["Cache-Control"]
    assert other.get(url).status_code == 404, "the link is hers alone"
    assert client.get(url[:-3] + "x/").status_code == 404
    time_machine.move_to(timezone.now() + dt.timedelta(seconds=photos.LINK_LIFE + 1))
    assert client.get(url).status_code == 404


def test_new_address_counts_only_after_its_code_and_the_old_one_is_told(as_user, ruth, mails, work):
    client = as_user(ruth.user)
    assert (
        client.post(reverse("members:profile_email"), {"email": "new@example.org"}).status_code
        == 302
    )
    ruth.refresh_from_db()
    assert ruth.email == "ruth@example.org"
    work()
    assert client.post(reverse("members:profile_email"), {"code": "000 000x"}).status_code == 422
    client.post(reverse("members:profile_email"), {"code": read_code(mails, "new@example.org")})
    work()
    ruth.refresh_from_db()
    assert (ruth.email, ruth.user.email) == ("new@example.org", "new@example.org")
    assert mails.to("ruth@example.org")[-1]["subject"] == "Was this you?"
    assert ruth.user.emailaddress_set.get().email == "new@example.org"


def test_new_address_asks_for_a_fresh_sign_in(as_user, ruth):
    client = as_user(ruth.user)
    later(client)
    assert (
        reverse("members:again")
        in client.post(reverse("members:profile_email"), {"email": "new@example.org"}).url
    )


def test_one_of_two_on_a_login_gets_her_own(as_user, ruth, mails, work):
    carol = make_member(user=ruth.user, first_name="Carol")
    client = as_user(ruth.user)
    client.post(reverse("members:who"), {"member": carol.pk})
    client.post(reverse("members:profile_email"), {"email": "carol@example.org"})
    work()
    client.post(reverse("members:profile_email"), {"code": read_code(mails, "carol@example.org")})
    carol.refresh_from_db()
    ruth.refresh_from_db()
    assert carol.user.email == "carol@example.org"
    assert ruth.user_id != carol.user_id
    assert ruth.user.email == "ruth@example.org"


def test_address_of_somebody_at_the_desk_is_not_taken_over(as_user, ruth, mails, work):
    boss = make_staff("superadmin")
    client = as_user(ruth.user)
    client.post(reverse("members:profile_email"), {"email": boss.email})
    work()
    answer = client.post(
        reverse("members:profile_email"), {"code": read_code(mails, boss.email)}, follow=True
    )
    assert "Please call us" in answer.content.decode()
    ruth.refresh_from_db()
    assert ruth.email == "ruth@example.org"


def test_librarys_own_address_page_leads_to_ours(as_user, ruth):
    assert as_user(ruth.user).get("/accounts/email/").url == reverse("members:profile_email")


def test_consents_are_written_with_their_words_and_taken_back(as_user, ruth):
    client = as_user(ruth.user)
    save(client, "access", needs=["hearing"], may_name="on")
    save(client, "about", bio="", photo_consent="yes")
    assert set(Consent.objects.values_list("subject", "withdrawn_at")) == {
        ("access", None),
        ("photos", None),
    }
    for subject in ("access", "photos"):
        client.post(reverse("members:privacy"), {"do": "withdraw", "subject": subject})
    assert not Consent.objects.filter(withdrawn_at=None).exists()
    ruth.refresh_from_db()
    assert ruth.photo_consent == "no"
    assert PrivateDetails.objects.get().access["may_name"] is False


def test_profile_page_asks_at_most_fifteen_questions(as_user, ruth, django_assert_max_num_queries):
    client = as_user(ruth.user)
    save(client, "access", needs=["hearing"])
    client.get(reverse("members:profile"))
    with django_assert_max_num_queries(15):
        client.get(reverse("members:profile"))


def test_limits_of_pictures_are_those_of_the_words():
    assert pictures.MAX_BYTES == 10 * 1024 * 1024
    assert Member._meta.get_field("photo_consent").default == "no"
    assert django_settings.FIELD_KEYS
