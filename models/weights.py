"""Weights saved by PyTorch before its version 1.6, read without it: pickles, then the storages as they lie in memory.

    magic number, protocol, system: three pickles
    name → tensor                  : a pickle; a tensor names its storage by a key, with offset, shape and strides
    keys                           : a pickle; the order in which the storages follow
    storages                       : each its number of elements, 8 bytes little-endian, and the elements

A pickle can run whatever its writer wanted. This reader knows the four names that weights need, and refuses all others.
"""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class WeightsError(ValueError):
    """The file holds no weights that can be used; the message names the mend."""


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Name → array, as PyTorch's `state_dict` has them. Raises WeightsError, and OSError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, TypeError, AttributeError) as trouble:
        raise WeightsError(
            f"{path} is not a file of weights as PyTorch wrote them before 1.6 ({trouble}); get it again"
        ) from trouble


def sha256(path: Path) -> str:
    """Of the file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    if _Tensors(file).load() != MAGIC:
        raise ValueError("another magic number")
    _protocol, _system = _Tensors(file).load(), _Tensors(file).load()
    tensors = _Tensors(file)
    named: Mapping[str, _Tensor] = tensors.load()
    for key in _Tensors(file).load():
        count = int.from_bytes(file.read(8), "little")
        dtype = tensors.dtypes[key]
        tensors.storages[key] = np.frombuffer(file.read(count * dtype.itemsize), dtype, count)
    return {name: tensor.array(tensors.storages) for name, tensor in named.items()}


class _Tensor:
    """What a pickle says of a tensor; the storage comes later in the file."""

    def __init__(self, key: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> None:
        self._key, self._offset, self._shape, self._strides = key, offset, shape, strides

    def array(self, storages: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        storage = storages[self._key][self._offset :]
        if sum((n - 1) * stride for n, stride in zip(self._shape, self._strides, strict=True)) >= len(storage):
            raise ValueError(f"storage {self._key} is shorter than its tensor")
        strides = [stride * storage.itemsize for stride in self._strides]
        return np.lib.stride_tricks.as_strided(storage, self._shape, strides).copy()


class _Tensors(pickle.Unpickler):
    """Looks up nothing but what weights need."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype[Any]] = {}
        self.storages: dict[str, NDArray[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        known = {("collections", "OrderedDict"): OrderedDict, ("torch._utils", "_rebuild_tensor_v2"): _Tensor}
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return known[module, name]

    def persistent_load(self, told: tuple[str, Any, str, str, int, object]) -> str:
        _, self.dtypes[told[2]], key, *_ = told
        return key
