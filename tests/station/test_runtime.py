"""What a start says that it computes with."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.runtime import processor, runtime

X86 = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu sse4_2 avx avx2 fma\n\nprocessor\t: 1\n"
ARM = (
    "processor\t: 0\nFeatures\t: fp asimd asimddp\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n\nModel\t\t: Some Pi 5\n"
)


def test_it_names_what_numbers_depend_on() -> None:
    assert {"ai-edge-litert", "numpy", "machine", "processor"} == runtime().keys()
    assert all(runtime().values())


@pytest.mark.parametrize(
    ("cpuinfo", "told"),
    [(X86, "Some CPU @ 2 GHz sse4_2 avx avx2 fma"), (ARM, "Some Pi 5 0x41 0xd0b asimd asimddp"), ("", "")],
)
def test_a_kind_of_processor_is_its_name_and_what_kernels_are_chosen_by(
    tmp_path: Path, cpuinfo: str, told: str
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert processor(tmp_path / "cpuinfo") == told


def test_where_nothing_is_told_nothing_is_made_up(tmp_path: Path) -> None:
    assert isinstance(processor(tmp_path / "none"), str)
