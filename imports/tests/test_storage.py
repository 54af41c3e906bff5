"""Import files in a bucket: the S3 storage against a real S3 server of ours."""

import io
import urllib.request

import pytest
from django.core.files.storage import default_storage, storages

from imports import actions
from members.models import Member
from sandbox.__main__ import start_s3

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def s3():
    server = start_s3(0)
    yield server
    server.stop()


@pytest.fixture
def bucket(s3, settings):
    from botocore.config import Config

    host, port = s3.get_host_and_port()
    options = {
        "bucket_name": "loaf",
        "endpoint_url": f"http://{host}:{port}",
        "region_name": "us-east-1",
        "access_key": "sandbox",
        "secret_key": "sandbox",
        "default_acl": None,
        "file_overwrite": False,
        "querystring_expire": 300,
        "client_config": Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
            connect_timeout=3,
            read_timeout=10,
        ),
    }
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    return options["endpoint_url"]


def test_import_works_from_a_private_bucket(bucket):
    data = b"user_email,first_name\na@example.org,Ruth\n,Nobody\n"
    job = actions.create_job(uploads=[("list.csv", io.BytesIO(data), len(data), "")], by=None)
    file = job.files.get()
    assert file.stored_as.startswith(f"imports/{job.pk}/")
    actions.preview(job.pk)
    actions.start_run(job=job, by=None, good_rows_only=True)
    actions.run(job.pk)
    assert Member.objects.get().first_name == "Ruth"
    _, rows = actions.rejected_rows(file)
    assert next(iter(rows))[:2] == ["", "Nobody"]
    url = default_storage.url(file.stored_as)
    assert "X-Amz-Expires=300" in url
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == data
    assert storages["default"].exists(file.stored_as)


def test_bucket_out_of_reach_is_said_and_keeps_nothing(bucket, settings):
    from imports.models import ImportJob

    broken = {**settings.STORAGES["default"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": broken},
    }
    data = b"user_email,first_name\na@example.org,Ruth\n"
    with pytest.raises(actions.UploadProblem, match="could not be kept"):
        actions.create_job(uploads=[("list.csv", io.BytesIO(data), len(data), "")], by=None)
    assert not ImportJob.objects.exists()


def test_unsigned_reading_is_refused_by_the_setting():
    """Moto does not enforce access; that our files have no public setting is what can be shown
    here.
    """
    from django.conf import settings

    source = (settings.BASE_DIR / "loaf" / "settings.py").read_text()
    assert '"default_acl": None' in source
    assert "querystring_auth" not in source
