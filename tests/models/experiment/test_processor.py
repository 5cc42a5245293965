"""What the processor is fastest in: bfloat16 only where it is known to be."""

from pathlib import Path

import pytest

from models.experiment.processor import Precision, fastest

WITH, WITHOUT = "flags\t\t: fpu avx512f avx512_bf16 rdpid", "flags\t\t: fpu avx512f avx512_vnni rdpid"


@pytest.mark.parametrize(
    ("told", "precision"),
    [
        ([WITH, WITH], "bfloat16"),
        (["flags : fpu amx_bf16 amx_tile"], "bfloat16"),
        ([WITH, WITHOUT], "float32"),  # a core may be given any of the work
        ([WITHOUT], "float32"),
        (["flags : avx512_bf16x"], "float32"),
        (["Features\t: fp asimd bf16"], "float32"),  # aarch64: nobody has measured it
        (["bugs : avx512_bf16"], "float32"),
        ([], "float32"),
    ],
)
def test_bfloat16_where_every_core_has_instructions_for_it(
    tmp_path: Path, told: list[str], precision: Precision
) -> None:
    (tmp_path / "cpuinfo").write_text("\n\n".join(f"processor : {n}\n{line}" for n, line in enumerate(told)))
    assert fastest(tmp_path / "cpuinfo") == precision


def test_float32_where_nothing_is_told(tmp_path: Path) -> None:
    assert fastest(tmp_path / "cpuinfo") == "float32"
