#!/bin/bash
# Set everything up, training included, and run the tests. Arguments go on to pytest.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# the screens are tested in a real browser; without one those tests say so and the others run
if ! command -v chromium >/dev/null 2>&1; then
  echo "Chromium is missing; trying to install it."
  sudo=$([ "$(id -u)" = 0 ] || echo "sudo -n")
  $sudo apt-get install --yes --quiet chromium >/dev/null 2>&1 ||
    echo "It could not be installed, so the tests in a browser are left out; do it with: sudo apt install chromium" >&2
fi
setup test "[train,test,lint]"
cd "$project"
echo "Running the tests."
exec "$venv/bin/python" -m pytest --numprocesses 2 --dist worksteal "$@"
