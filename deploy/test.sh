#!/bin/bash
# Set everything up, training included, and run the tests. Arguments go on to pytest.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
# the screens are tested in a real browser; without one those tests say so and the others run
if ! command -v chromium >/dev/null 2>&1; then
  echo "Chromium is missing; trying to install it."
  sudo=$([ "$(id -u)" = 0 ] || echo "sudo -n")
  { $sudo apt-get update -qq && $sudo apt-get install --yes --quiet chromium; } >/dev/null 2>&1 ||
    echo "It could not be installed, so the tests in a browser are left out; do it with: sudo apt install chromium" >&2
fi
setup test "[train,test,lint]"
cd "$project"

# a real broker, database and systemd-analyze for the tests that need them; who is not root is told, and they say so too
missing=$(for each in mosquitto:mosquitto initdb:postgresql systemd-analyze:systemd strace:strace; do
  PATH=$PATH:/usr/sbin command -v "${each%:*}" >/dev/null || ls /usr/lib/postgresql/*/bin/"${each%:*}" >/dev/null 2>&1 || echo "${each#*:}"
done)
if [ -n "$missing" ] && command -v apt-get >/dev/null; then
  if [ "$(id -u)" = 0 ]; then
    echo "Installing for the tests:" $missing
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
      echo "They could not be installed; the tests that need them say so." >&2
  else
    echo "Some tests will be left out; for them: sudo apt install" $missing
  fi
fi
# hundreds of processes are started, each of which would compile the station anew where byte code is not kept
unset PYTHONDONTWRITEBYTECODE
echo "Running the tests."
exec "$venv/bin/python" -m pytest --numprocesses 2 --dist worksteal "$@"
