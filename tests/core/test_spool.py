"""The spool: files kept by their content; nobody opens a path through an action."""

import errno
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crm.core.errors import NotFound, OutsideFault
from crm.core.spool import Spool, Upload


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "files")


def content(spool: Spool, upload: Upload) -> bytes:
    with spool.open(upload) as stream:
        return stream.read()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=5_000))
def test_what_goes_in_comes_out(spool, data):
    upload = spool.take(io.BytesIO(data), "a.csv")
    assert content(spool, upload) == data
    assert (upload.name, upload.size, len(upload.sha256)) == ("a.csv", len(data), 64)


def test_the_same_content_is_kept_once_under_whatever_name(spool, tmp_path):
    one, other = (spool.take(io.BytesIO(b"same"), name) for name in ("a.csv", "b.csv"))
    assert one.sha256 == other.sha256
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1


def test_a_file_and_a_folder_are_taken_from_the_disk(spool, tmp_path):
    folder = tmp_path / "invoices"
    (folder / "deeper").mkdir(parents=True)
    for name in ("b.pdf", "a.pdf", ".hidden"):
        (folder / name).write_text(name)
    alone = spool.take_path(folder / "a.pdf")
    assert (alone.name, content(spool, alone)) == ("a.pdf", b"a.pdf")
    taken = spool.take_path(folder)
    assert taken.name == "invoices"
    assert [member.name for member in taken.members] == ["a.pdf", "b.pdf"]


def test_a_path_that_leads_nowhere_is_told(spool, tmp_path):
    with pytest.raises(NotFound, match=r"nothing\.csv"):
        spool.take_path(tmp_path / "nothing.csv")


def test_a_disk_that_is_full_is_an_outside_fault(spool):
    class Failing(io.BytesIO):
        def read(self, *_size):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutsideFault, match=r"a\.csv") as told:
        spool.take(Failing(), "a.csv")
    assert told.value.exit_code == 3


@pytest.mark.parametrize("sha256", ["../../etc/passwd", "a" * 63, "A" * 64, "/" * 64, "a" * 64 + "\n"])
def test_nothing_but_a_digest_names_a_file(sha256):
    with pytest.raises(ValidationError):
        Upload(name="a.csv", sha256=sha256)


@pytest.mark.parametrize("upload", [Upload(name="a.csv", sha256="a" * 64), Upload(name="a.csv")])
def test_a_file_that_was_swept_is_asked_for_again(spool, upload):
    with pytest.raises(NotFound, match=r"a\.csv"), spool.open(upload):
        pass


def test_sweeping_leaves_what_is_kept_and_what_is_young(spool, tmp_path):
    kept, gone, young = (spool.take(io.BytesIO(data), "x") for data in (b"kept", b"gone", b"young"))
    place = tmp_path / "files" / young.sha256[:2] / young.sha256
    moment = place.stat().st_mtime + 100
    import os

    os.utime(place, (moment + 1, moment + 1))
    assert spool.sweep({kept.sha256}, older_than=moment) == 1
    assert (content(spool, kept), content(spool, young)) == (b"kept", b"young")
    with pytest.raises(NotFound), spool.open(gone):
        pass


def test_a_name_with_bytes_that_are_no_character_is_kept_as_far_as_it_can_be_read(spool, tmp_path):
    assert spool.take(io.BytesIO(b"x"), "caf\udce9.csv").name == "caf?.csv"


def test_nobody_else_reads_the_files(spool, tmp_path):
    upload = spool.take(io.BytesIO(b"secret"), "x")
    place = tmp_path / "files" / upload.sha256[:2] / upload.sha256
    assert place.stat().st_mode & 0o077 == 0
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


def test_the_room_left_is_told_before_the_folder_is_there(spool):
    assert spool.free_bytes() > 0
