# Sourced by demo.sh and test.sh: makes the virtual environment with what is asked for, once; quick when it is there.
#
#   setup NAME EXTRAS     an environment with the project and these extras ("" for none); sets $venv
#
# The environments are kept outside the project, so that a fresh clone in the old place finds them again.
# STATION_VENV names another folder for them; PYTHON another interpreter.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

need() { # need COMMAND PACKAGE: name the Debian package that is missing
  command -v "$1" >/dev/null 2>&1 || { echo "$1 is missing; install it with: sudo apt install $2" >&2; exit 3; }
}

setup() {
  local name=$1 extras=$2 python=${PYTHON:-python3} stamp
  need "$python" python3
  "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || {
    echo "$("$python" --version) will not do: the station needs Python 3.11 to 3.13 (Debian 12 or later); PYTHON=… names another" >&2; exit 3; }
  "$python" -c 'import ensurepip, venv' 2>/dev/null || {
    echo "Python cannot make virtual environments here; install what is missing with: sudo apt install python3-venv" >&2; exit 3; }
  venv=${STATION_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/station}/$name-$(printf %s "$project" | cksum | cut -d' ' -f1)
  stamp=$("$python" --version; echo "$project $extras"; cat "$project/pyproject.toml")
  if [ -f "$venv/stamp" ] && [ "$(cat "$venv/stamp")" = "$stamp" ]; then return; fi
  echo "Setting up $venv; this takes a minute or two the first time."
  rm -rf "$venv"
  mkdir -p "$(dirname "$venv")"
  # on a Raspberry Pi the camera's own library, picamera2, comes from Debian
  "$python" -m venv $([ -e /usr/lib/python3/dist-packages/picamera2 ] && echo --system-site-packages) "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --editable "$project$extras" || {
    echo "The packages could not be installed; is there a network, and room on the disk?" >&2; exit 3; }
  printf '%s\n' "$stamp" >"$venv/stamp"
  echo "Done. The command is $venv/bin/station"
}
