"""What every one of a hundred sites would do again is done once, or at little cost: it is tried elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from argon2 import PasswordHasher
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from station import accounts
from station.web import app

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # its true cost: tests/station/test_accounts.py


class Compiled(BytecodeCache):
    """The templates, compiled once for all sites of this process."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get(bucket.key):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@pytest.fixture(scope="module", autouse=True)
def spared() -> Iterator[None]:
    """Templates are not compiled anew, and PINs hashed at the least cost that Argon2id has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "Environment", partial(Environment, bytecode_cache=COMPILED))
        patch.setattr(accounts, "_hasher", lambda: QUICK)
        yield
