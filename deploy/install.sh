#!/bin/bash
# Turns a bare 64-bit Raspberry Pi OS or Debian (12 or later) into a station, or brings a station up to this version.
#
#   sudo bash deploy/install.sh                       ask for the first administrator, lay everything out, start
#   sudo bash deploy/install.sh --admin eva --pin-file PIN-FILE --kiosk
#   sudo bash deploy/install.sh --uninstall           the log, the pictures and /etc/station stay
#
#   --admin NAME       the first administrator; asked for where nobody has an account and somebody can answer
#   --pin-file FILE    with the PIN of --admin on its first line, instead of asking for it
#   --extras A,B       of the station: mqtt, postgres, explore; pi (GPIO) is there where there is a GPIO chip
#   --kiosk            the operator's screen on this machine's own display
#   --offline          nothing from any network; of itself where the folder is one that deploy/bundle.sh made
#   --patience N       seconds within which a station that was brought up to date must be ready (180)
#
# Run it again whenever it was cut off: what is done is seen and left. The former version stays beside the new one, and
# comes back by itself if the new one does not come to ready. DESTDIR-like tricks are not needed: it works in a chroot.
set -euo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
export PYPI=1                               # to lgpio: where it is built, with its C library, which Debian 13 has not
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(dirname "$here")                   # the project, or the folder that bundle.sh made
base=/opt/station state=/var/lib/station config=/etc/station backups=/var/backups/station
ran=$base/.ran                              # there while an upgrade has stopped a station that ran, also if it is cut off
units=/etc/systemd/system
admin="" pin_file="" extras="" kiosk="" offline="" uninstall="" patience=180
[ -d "$source/wheels" ] && offline=yes

step() { printf '\n%s %s\n' "$(date +%H:%M:%S)" "$*"; }
told() { printf '         %s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 3; }
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }
systemd_runs() { [ -d /run/systemd/system ]; }

while [ $# -gt 0 ]; do
  case $1 in
    --admin) admin=${2:?--admin needs a name}; shift ;;
    --pin-file) pin_file=${2:?--pin-file needs a file}; shift ;;
    --extras) extras=${2:?--extras needs a list}; shift ;;
    --patience) patience=${2:?--patience needs seconds}; shift ;;
    --kiosk) kiosk=yes ;;
    --offline) offline=yes ;;
    --uninstall) uninstall=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "$1 is not known here; see: bash deploy/install.sh --help" >&2; exit 2 ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || stop "It makes a user and units, and needs to be root: sudo bash deploy/install.sh"

uninstall() {
  step "Stopping and taking out the units"
  for unit in station-kiosk.service station-forward.service station-{backup,verify,retention}.timer station.service; do
    systemd_runs && systemctl stop "$unit" 2>/dev/null || true
    systemctl disable "$unit" 2>/dev/null || true
  done
  rm -f "$units"/station.service "$units"/station-*.service "$units"/station-*.timer
  rm -rf "$units/station.service.d"
  rm -f /etc/udev/rules.d/60-station.rules /etc/systemd/journald.conf.d/station.conf /usr/local/bin/station
  systemd_runs && { systemctl daemon-reload; udevadm control --reload 2>/dev/null || true; }
  step "Taking out the program"
  rm -rf "$base"
  step "Done. The log and its pictures stay in $state, the configuration in $config, backups in $backups."
  told "They belong to the user station, who stays too. Whoever deletes them deletes the proof of what was shipped."
}

look() {
  step "Looking at this machine"
  command -v python3 >/dev/null || stop "python3 is missing; install it with: sudo apt install python3 python3-venv"
  python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
    stop "$(python3 --version) will not do: the station needs Python 3.11 to 3.13 (Debian 12 or later)"
  python3 -c 'import ensurepip, venv' 2>/dev/null || stop "python3-venv is missing; install it with: sudo apt install python3-venv"
  case $(uname -m) in x86_64 | aarch64) ;; *) stop "A 64-bit system is needed; this one is $(uname -m)" ;; esac
  [ "$(getconf LONG_BIT)" = 64 ] || stop "The programs here are 32-bit; install the 64-bit Raspberry Pi OS"
  local free; free=$(df --output=avail -k / | tail -n 1)
  [ "$free" -gt 1500000 ] || stop "Less than 1.5 GB are free on /; make room first"
  from_debian="" ; [ ! -e /usr/lib/python3/dist-packages/lgpio.py ] || from_debian=yes
  is_pi="" ; grep -qs 'Raspberry Pi' /proc/device-tree/model && is_pi=yes
  told "$(. /etc/os-release; echo "$PRETTY_NAME"), $(uname -m), $(python3 --version)${is_pi:+, a Raspberry Pi}"
  if [ -n "$is_pi" ] && ! python3 -c 'import picamera2' 2>/dev/null; then
    told "A camera on the ribbon cable needs Debian's own library: sudo apt install python3-picamera2"
  fi
}

people() {
  step "The user station, without a password, without a shell"
  for group in video dialout gpio; do getent group "$group" >/dev/null || groupadd --system "$group"; done
  id station >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin station
  usermod --append --groups video,dialout,gpio station
  install -d -o station -g station -m 0750 "$state" "$backups"
  install -d -o root -g station -m 0750 "$config"
}

number() { # the name of this version: its number, and what its files hold
  local text; text=$(sed -n 's/^version = "\(.*\)"/\1/p' "$source/pyproject.toml")
  echo "$text-$( (cd "$source" && find pyproject.toml station calibration models deploy -type f \
    ! -name '*.pyc' ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 sha256sum; echo "$wanted") | sha256sum | cut -c1-12)"
}

gpio_mend() { # what it takes to have a library for GPIO here; nothing where there is one: ready made up to Python 3.12
  if [ -n "$offline" ]; then
    ls "$source"/wheels/gpiozero-* >/dev/null 2>&1 || echo "make the folder by: bash deploy/bundle.sh FOLDER pi"
  elif [ -z "$from_debian" ] && python3 -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then
    if [ -e /etc/rpi-issue ]; then echo "sudo apt install python3-lgpio, then run this again"
    elif ! { command -v swig && command -v gcc && ls /usr/include/python3.*/Python.h; } >/dev/null 2>&1; then
      echo "sudo apt install swig gcc python3-dev, then run this again"
    fi
  fi
}

has_gpio() { ls /dev/gpiochip* >/dev/null 2>&1 || [ -n "$is_pi" ]; }

release() {
  wanted=$extras
  local mend; mend=$(gpio_mend)
  case ,$wanted, in
    *,pi,*) [ -z "$mend" ] || stop "There is no library for GPIO yet: $mend" ;;
    *) if has_gpio; then
         if [ -z "$mend" ]; then wanted=${wanted:+$wanted,}pi; else told "There is a GPIO chip, and no library for it yet: $mend"; fi
       fi ;;
  esac
  release=$base/releases/$(number)
  step "The program, in $release"
  if [ -e "$release/complete" ]; then told "is there already"; return; fi
  rm -rf "$release"; install -d "$release"
  python3 -m venv ${is_pi:+--system-site-packages} ${from_debian:+--system-site-packages} "$release"
  local from=()
  if [ -n "$offline" ]; then
    [ -d "$source/wheels" ] || stop "There are no wheels in $source; make a folder with them by: bash deploy/bundle.sh FOLDER"
    from=(--no-index --find-links "$source/wheels")
    "$release/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "${from[@]}" "station${wanted:+[$wanted]}" ||
      stop "The wheels in $source/wheels are not for this machine; bundle.sh must run on one of the same kind"
  else # a copy, so that building leaves nothing in the project
    local copy; copy=$(mktemp -d)
    cp -r "$source"/{pyproject.toml,README.md,LICENSE,station,calibration,models} "$copy"
    "$release/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$copy${wanted:+[$wanted]}" ||
      stop "The packages could not be installed; is there a network, and room on the disk? Run this again then."
    rm -rf "$copy"
  fi
  install -d "$release/share"; cp -r "$here/." "$release/share"
  "$release/bin/python" -m compileall -q "$release"/lib/python3*/site-packages/{station,calibration,models} || true
  told "self-test of the network that comes with it"
  selftest || stop "This machine does not compute as it must; the message above says what differs"
  touch "$release/complete"; sync -f "$release"
}

selftest() { # every number of the released network, bit for bit or within one step
  (cd / && HOME=/tmp "$release/bin/python" -c '
import json, subprocess, sys
out = subprocess.run([sys.executable, "-m", "station", "doctor", "--json"], capture_output=True, text=True)
found = {each["check"]: each for each in map(json.loads, out.stdout.splitlines())}
test = found.get("self-test", {"ok": False, "message": out.stderr})
print("        ", test["message"]); sys.exit(not test["ok"])')
}

lay_units() { # those of the version that lies in this folder
  install -m 0644 "$1"/systemd/station*.service "$1"/systemd/station*.timer "$units"
  local version; version=$(systemctl --version 2>/dev/null | sed -n '1s/[^0-9]*\([0-9]*\).*/\1/p' || true)
  if [ "${version:-0}" -ge 254 ]; then
    install -D -m 0644 "$1/systemd/back-off.conf" "$units/station.service.d/back-off.conf"
  fi
}

lay_out() {
  step "Units, names of devices, configuration"
  lay_units "$here"
  install -D -m 0644 "$here/systemd/journald.conf" /etc/systemd/journald.conf.d/station.conf
  install -D -m 0644 "$here/udev/60-station.rules" /etc/udev/rules.d/60-station.rules
  if [ ! -e "$config/station.toml" ]; then
    local bundle; bundle=$(cd / && "$release/bin/python" -c 'import models, pathlib; print(pathlib.Path(models.__file__).parent / "released/bench")')
    sed -e 's#"/dev/v4l/by-id/[^"]*"#"/dev/station/camera"#' -e 's#"/dev/serial/by-id/[^"]*"#"/dev/station/line"#' \
      -e "s#^bundle = .*#bundle = \"${bundle/$release/$base/current}\"   \# the bench's; yours: station model use#" \
      "$here/station.toml" >"$config/station.toml"
    told "$config/station.toml is new: fill it in"
  fi
  chown root:station "$config/station.toml"; chmod 0640 "$config/station.toml"
  if [ ! -e "$config/environment" ]; then
    printf '# Where the nightly backup goes: another disk than the log.\nSTATION_BACKUP=%s\n' "$backups" >"$config/environment"
  fi
  if [ -n "$kiosk" ]; then
    id station-kiosk >/dev/null 2>&1 || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin station-kiosk
    for program in cage chromium seatd Xwayland; do
      command -v $program >/dev/null || told "the screen needs $program: sudo apt install cage chromium seatd xwayland"
    done
  fi
  systemctl enable station.service station-{backup,verify,retention}.timer ${kiosk:+station-kiosk.service} 2>/dev/null ||
    told "the units could not be enabled; is this systemd?"
  systemd_runs || { told "systemd does not run here: the units are laid out, and start with the machine"; return 0; }
  systemctl daemon-reload
  systemctl try-restart systemd-journald.service || true
  udevadm control --reload 2>/dev/null && udevadm trigger --subsystem-match=video4linux --subsystem-match=tty --subsystem-match=gpio || true
}

as_station() { # run a command of this release as the station's own user
  (cd / && runuser -u station -- env HOME="$state" "$@")
}

use() { # make a release the one that runs: one rename, whatever happens meanwhile
  ln -sfn "$1" "$base/.current.new"; mv -T "$base/.current.new" "$base/current"
  ln -sfn "$base/current/bin/station" /usr/local/bin/station
  # it would go on with a version that is taken out one day, on a log that this one writes
  systemd_runs && systemctl try-restart --no-block station-forward.service 2>/dev/null || true
}

comes_to_ready() { # "Ready" or "Not verified": it looks at the stage, the line is open, the log is written
  local until=$((SECONDS + patience)) said=""
  while [ $SECONDS -lt $until ]; do
    said=$(systemctl show --property=StatusText --value station.service 2>/dev/null || true)
    case $said in "Ready."* | "Not verified."*) told "$said"; return 0 ;; esac
    sleep 1
  done
  told "${said:-It says nothing}"; return 1
}

is_there_to_run() { # it runs, or is about to be started again, or an upgrade that was cut off has stopped it
  [ -e "$ran" ] || systemctl is-active --quiet station.service ||
    [ "$(systemctl show --property=ActiveState --value station.service 2>/dev/null)" = activating ]
}

can_read_log() { # whether the log is not of a newer version already, to which an upgrade that was cut off has brought it
  as_station "$1/bin/python" -c '
import sqlite3, sys
from station.log.migrations import MIGRATIONS
found = sqlite3.connect(f"file:{sys.argv[1]}/station.db?mode=ro", uri=True).execute("PRAGMA user_version").fetchone()[0]
sys.exit(found > len(MIGRATIONS))' "$state"
}

copy_log() { # the log in a folder of its own, verified; pictures that the nightly copy has take no room a second time
  local former=$1 copy=$2
  if [ ! -e "$copy" ]; then
    as_station mkdir -m 0750 "$copy"
    [ ! -d "$backups/pictures" ] || as_station cp -al "$backups/pictures" "$copy/pictures" 2>/dev/null || true
  fi
  local lack=$(($(size "$state") - $(size "$copy") - $(df --output=avail -k "$copy" | tail -n 1)))
  [ "$lack" -lt 0 ] || { told "$((lack / 1024)) MB more have to be free in $backups"; return 1; }
  as_station "$former/bin/station" log backup "$copy" --data "$state" | sed 's/^/         /'
}

size() { du -sk "$1/station.db" "$1/pictures" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'; }

upgrade() {
  local former; former=$(readlink -f "$base/current" 2>/dev/null || true)
  if [ "$former" = "$release" ]; then told "$release is the one in use"; start; rm -f "$ran"; return; fi
  if [ -z "$former" ] || [ ! -x "$former/bin/station" ]; then use "$release"; start; return; fi
  step "From $(basename "$former") to $(basename "$release")"
  ln -sfn "$former" "$base/former"
  local copy="" was_running=""
  if [ -e "$state/station.db" ]; then
    copy=$backups/before-$(basename "$release")
    if can_read_log "$former"; then
      told "a copy of the log, verified, in $copy"
      copy_log "$former" "$copy" ||
        stop "The log could not be copied or is not whole, and nothing was changed: station log verify --data $state"
    else
      told "the log is of the new version already: this was cut off before, and the copy of before stands in $copy"
      [ -e "$copy/station.db" ] || copy=""
    fi
  fi
  if systemd_runs && is_there_to_run; then
    was_running=yes; touch "$ran"; told "the line reads reject from here on"; systemctl stop station.service
    # once more, now that nothing comes any more: what was recorded meanwhile is in the copy too, or it would be lost
    if [ -n "$copy" ] && can_read_log "$former" && ! copy_log "$former" "$copy" >/dev/null; then
      systemctl start --no-block station.service; rm -f "$ran"
      stop "The log could not be copied a second time; the former version runs on. Run this again."
    fi
  fi
  if [ -e "$state/station.db" ]; then
    told "bringing the log up to this version"
    migrate "$release" || { back "$former" "$copy" "$was_running"; stop "The log could not be brought up to this version; the former one runs again."; }
  fi
  use "$release"
  [ -n "$was_running" ] || { told "the station did not run, and is left so"; return; }
  systemctl start --no-block station.service
  comes_to_ready || {
    journalctl --unit=station.service --lines=20 --no-pager --output=cat 2>/dev/null || true
    back "$former" "$copy" "$was_running"
    stop "The new version did not come to ready within $patience seconds; the former one is in use again. The lines above say why."
  }
  rm -f "$ran"
}

migrate() { # the log is brought up to date when it is opened for writing
  as_station "$1/bin/python" -c '
import sys
from contextlib import closing
from pathlib import Path
from station.errors import StationError
from station.log.store import TraceabilityLog
from station.types import SystemClock
try:
    with closing(TraceabilityLog(Path(sys.argv[1]), SystemClock())): pass
except StationError as trouble:
    sys.exit(str(trouble))' "$state"
}

back() { # the former release, and, where it cannot read the log any more, the copy that was made before
  local former=$1 copy=$2 was_running=$3
  step "Going back to $(basename "$former")"
  systemd_runs && systemctl stop station.service || true
  use "$former"
  [ ! -d "$former/share/systemd" ] || lay_units "$former/share"
  systemd_runs && systemctl daemon-reload || true
  if [ -n "$copy" ] && ! migrate "$former" 2>/dev/null; then
    told "the former version cannot read the log that the new one left: the copy of before takes its place"
    as_station "$former/bin/station" log restore "$copy" --data "$state" --by install.sh \
      --reason "the new version did not come to ready" | sed 's/^/         /'
  fi
  [ -z "$was_running" ] || systemctl start --no-block station.service
  rm -f "$ran"
}

start() {
  systemd_runs || return 0
  if as_station "$base/current/bin/python" -c '
import sys; from pathlib import Path; from station.config import load; load(Path(sys.argv[1]))' "$config/station.toml" 2>/dev/null
  then systemctl start --no-block station.service station-{backup,verify,retention}.timer
  else told "the station is not started: $config/station.toml is not filled in yet"
  fi
}

administrator() {
  step "The first administrator"
  if [ -n "$(as_station "$base/current/bin/station" user list --data "$state" --json)" ]; then told "there are accounts already"; return; fi
  if [ -z "$admin" ]; then
    [ -t 0 ] || { told "nobody to ask; later: sudo -u station station user add NAME --role administrator --data $state"; return; }
    read -rp "         Name of the administrator: " admin
  fi
  if [ -n "$pin_file" ]; then
    head -n 1 "$pin_file" | as_station "$base/current/bin/python" -c '
import sys; from pathlib import Path
from station.accounts import Accounts; from station.errors import StationError; from station.people import Role
try: Accounts(Path(sys.argv[1])).add(sys.argv[2], Role.ADMINISTRATOR, sys.stdin.readline().strip(), "install.sh")
except StationError as trouble: sys.exit(str(trouble))' "$state" "$admin"
    told "$admin"
  else
    as_station "$base/current/bin/station" user add "$admin" --role administrator --data "$state" --by install.sh
  fi
}

tidy() { # the one in use and the former stay, and the copies of the log that were made before either
  local keep former; keep=$(readlink -f "$base/current"); former=$(readlink -f "$base/former" 2>/dev/null || true)
  for each in "$base"/releases/*; do
    [ "$each" = "$keep" ] || [ "$each" = "$former" ] || { told "removing $(basename "$each")"; rm -rf "$each"; }
  done
  for each in "$backups"/before-*; do
    [ ! -e "$each" ] || [ -e "$base/releases/${each##*/before-}" ] || { told "removing $each"; rm -rf "$each"; }
  done
}

if [ -n "$uninstall" ]; then uninstall; exit 0; fi
look
people
release
lay_out
upgrade
administrator
tidy
step "Done."
told "1. fill in:    $config/station.toml, with the station stopped: sudo systemctl stop station"
told "2. look:       sudo -u station station doctor --config $config/station.toml"
told "3. calibrate:  sudo -u station station calibrate --config $config/station.toml"
told "4. start:      sudo systemctl start station; its screen is http://127.0.0.1:8080/"
