"""What a long command keeps: whole files, or none."""

from pathlib import Path

import pytest

from models import kept


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    kept.write(path, b"former")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        kept.write(path, b"new")
    assert path.read_bytes() == b"former"
