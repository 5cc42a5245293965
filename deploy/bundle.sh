#!/bin/bash
# Makes a folder from which deploy/install.sh installs without any network, on machines of the same kind and Python.
#
#   bash deploy/bundle.sh FOLDER [EXTRAS]     EXTRAS of the station, with commas: mqtt,postgres,explore,pi
#
# Then, on the machine without a network:     sudo bash FOLDER/deploy/install.sh
set -euo pipefail
[ $# -ge 1 ] || { echo "Name a folder: bash deploy/bundle.sh FOLDER [EXTRAS]" >&2; exit 2; }
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "$1"; to=$(cd "$1" && pwd) extras=${2:-}
python=${PYTHON:-python3}
export PYPI=1   # to lgpio: where it is built, with its C library, which Debian 13 has not
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cp -r "$project"/{pyproject.toml,README.md,LICENSE,station,calibration,models,deploy} "$work"
find "$work" -name __pycache__ -prune -exec rm -rf {} +
"$python" -m venv "$work/venv"
rm -rf "$to/wheels"
"$work/venv/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-input --wheel-dir "$to/wheels" "$work${extras:+[$extras]}" || {
  echo "The wheels could not be made; is there a network, and room on the disk? With pi on Debian 13 it takes also:" \
    "sudo apt install swig gcc python3-dev" >&2; exit 3; }
for each in pyproject.toml README.md LICENSE station calibration models deploy; do rm -rf "${to:?}/$each"; cp -r "$work/$each" "$to/$each"; done
echo "$(find "$to/wheels" -name '*.whl' | wc -l) wheels, $(du -sh "$to" | cut -f1), for $(uname -m) and $("$python" --version), in $to"
echo "There: sudo bash $(basename "$to")/deploy/install.sh${extras:+ --extras $extras}"
