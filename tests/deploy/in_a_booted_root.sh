#!/bin/bash
# Boots a root with a systemd of its own, in a container without network, and shows what the units do there: booted.py.
#
#   bash tests/deploy/in_a_booted_root.sh ROOT      ROOT as for in_a_fresh_root.sh, and with systemd-sysv, dbus and iproute2
#                                                   in it; the station is installed there by deploy/install.sh
#
# Needs root, and systemd-nspawn (Debian's package systemd-container). It prints what was seen; exit status 1 if anything failed.
set -euo pipefail
root=$(readlink -f "$1"); here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
release=$root$(readlink "$root/opt/station/current" || true)  # an absolute link, of that root
[ -x "$release/bin/station" ] || { echo "No station is installed in $root: chroot there, and run deploy/install.sh" >&2; exit 2; }
command -v systemd-nspawn >/dev/null || { echo "systemd-nspawn is missing; install it with: sudo apt install systemd-container" >&2; exit 2; }
place=$root/srv/booted; rm -rf "$place"; mkdir -p "$place"
cp "$here/booted.py" "$place"
bundle=$(cd "$release"; ls -d lib/python3*/site-packages/models/released/bench)
cat >"$root/etc/station/station.toml" <<T
name = "station-9"
data = "/var/lib/station"
bundle = "/opt/station/current/$bundle"
order = { part_number = "1041-A" }
camera = { kind = "simulated", seed = 3, tells_a_real_line = true }
line = [{ kind = "serial", port = "/dev/station/line" }]
T
cat >"$root/etc/systemd/system/booted.service" <<T
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/opt/station/current/bin/python /srv/booted/booted.py
ExecStopPost=/bin/systemctl poweroff
StandardOutput=append:/srv/booted/out
StandardError=append:/srv/booted/out
T
ln -sf ../booted.service "$root/etc/systemd/system/multi-user.target.wants/booted.service"
trap 'rm -f "$root"/etc/systemd/system/{,multi-user.target.wants/}booted.service' EXIT
timeout 600 systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network --console=pipe \
  </dev/null >"$place/console" 2>&1 || true
cat "$place/out"
grep -q "^all is well" "$place/out"
