"""Weights as PyTorch wrote them, read without it: what the file says, and nothing that it wants to run."""

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.weights import MAGIC, WeightsError, read

NUMBERS = np.arange(24, dtype="<f4")


class _Global:
    """Pickles as a name that whoever reads looks up, called with arguments."""

    def __init__(self, name: bytes, *arguments: Any) -> None:
        self.name, self.arguments = name, arguments


PYTHON_S_OWN: Any = vars(pickle)["_Pickler"]  # the one that is written in C can be taught nothing


class _Pickler(PYTHON_S_OWN):  # type: ignore[misc] # a base that is Any
    """Writes the names of PyTorch's own classes without having them, and a storage as a persistent id."""

    def persistent_id(self, obj: Any) -> Any:
        return obj if isinstance(obj, tuple) and obj and obj[0] == "storage" else None

    def save(self, obj: Any, save_persistent_id: bool = True) -> Any:
        if not isinstance(obj, _Global):
            return super().save(obj, save_persistent_id)
        self.write(b"c" + obj.name + b"\n")
        if obj.arguments:
            super().save(obj.arguments)
            self.write(b"R")
        return None


def _pickled(told: Any) -> bytes:
    content = io.BytesIO()
    _Pickler(content, 2).dump(told)
    return content.getvalue()


def _tensor(shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> _Global:
    storage = ("storage", _Global(b"torch\nFloatStorage"), "0", "cpu", NUMBERS.size, None)
    return _Global(b"torch._utils\n_rebuild_tensor_v2", storage, offset, shape, strides, False, OrderedDict())


def _written(path: Path, named: dict[str, Any], numbers: bytes = NUMBERS.tobytes(), magic: Any = MAGIC) -> Path:
    heads = b"".join(map(_pickled, (magic, 1001, {"little_endian": True}, named, ["0"])))
    path.write_bytes(heads + NUMBERS.size.to_bytes(8, "little") + numbers)
    return path


def test_tensors_come_as_they_lie_in_memory(tmp_path: Path) -> None:
    named = {"whole": _tensor((2, 3, 4), (12, 4, 1)), "turned": _tensor((4, 3), (1, 4), offset=12)}
    weights = read(_written(tmp_path / "w.pth", named))
    assert np.array_equal(weights["whole"], NUMBERS.reshape(2, 3, 4))
    assert np.array_equal(weights["turned"], NUMBERS[12:].reshape(3, 4).T)


@pytest.mark.parametrize("name", [b"os\nsystem", b"builtins\neval", b"torch\nload"])
def test_what_a_pickle_wants_to_run_is_not_run(tmp_path: Path, name: bytes) -> None:
    trace = tmp_path / "was-here"
    path = _written(tmp_path / "w.pth", {"a": _Global(name, f"touch {trace}")})
    with pytest.raises(WeightsError, match="it asks for"):
        read(path)
    assert not trace.exists()


def test_nor_is_it_at_the_very_start(tmp_path: Path) -> None:
    trace = tmp_path / "was-here"
    with pytest.raises(WeightsError, match="it asks for"):
        read(_written(tmp_path / "w.pth", {}, magic=_Global(b"os\nsystem", f"touch {trace}")))
    assert not trace.exists()


def test_a_file_that_ends_early_or_reaches_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    for name, path in {
        "short": _written(tmp_path / "a.pth", {"a": _tensor((24,), (1,))}, NUMBERS.tobytes()[:40]),
        "beyond": _written(tmp_path / "b.pth", {"a": _tensor((24,), (1,), offset=1)}),
        "other": _written(tmp_path / "c.pth", {}, magic=7),
    }.items():
        with pytest.raises(WeightsError, match="get it again"):
            read(path)
        assert name


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"PK\x03\x04 a later format")
    with pytest.raises(WeightsError, match="as PyTorch wrote them before"):
        read(tmp_path / "x")
