#!/bin/bash
# Installs, runs, upgrades, goes back, uninstalls, and installs without a network, in a root that can be thrown away: never
# on a machine that matters.
#
#   mmdebstrap --variant=minbase --include=ca-certificates,python3,python3-venv,systemd,udev bookworm ROOT
#   chroot ROOT bash /srv/trial/project/tests/deploy/in_a_fresh_root.sh    with /dev and /proc mounted, and the project copied there
#
# systemd does not run in a chroot: a stand-in starts and stops the station, and keeps what it says by sd_notify.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=/srv/trial/standin:$PATH
say() { printf '\n== %s\n' "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

mkdir -p /srv/trial/standin /run/systemd/system /run/standin
cat >/srv/trial/standin/keep.py <<'P'
import os, pathlib, pwd, socket, subprocess
place = pathlib.Path("/run/standin"); path = place / "notify"; path.unlink(missing_ok=True)
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); heard.bind(str(path)); path.chmod(0o777); heard.settimeout(0.2)
who = pwd.getpwnam("station")
def become(): os.initgroups("station", who.pw_gid); os.setgid(who.pw_gid); os.setuid(who.pw_uid)
command = ["/opt/station/current/bin/station", "run", "--config", "/etc/station/station.toml", "--json"]
process = subprocess.Popen(command, cwd="/", preexec_fn=become, stdout=open(place / "out", "a"), stderr=subprocess.STDOUT,
    env={"NOTIFY_SOCKET": str(path), "HOME": "/tmp", "PATH": "/usr/bin:/bin"})
(place / "station.pid").write_text(str(process.pid))
while process.poll() is None:
    try: said = heard.recv(4096).decode()
    except TimeoutError: continue
    for line in said.splitlines():
        if line.startswith("STATUS="): (place / "status").write_text(line[7:])
(place / "status").write_text("")
P
cat >/srv/trial/standin/systemctl <<'S'
#!/bin/bash
case " $* " in
  *" --version "*) exec /usr/bin/systemctl --version ;;
  *" enable "* | *" disable "*) exec /usr/bin/systemctl --root=/ "$@" ;;
  *" start "*station.service*) setsid python3 /srv/trial/standin/keep.py </dev/null >/dev/null 2>&1 & ;;
  *" stop "*station.service*)
    pid=$(cat /run/standin/station.pid 2>/dev/null) && kill "$pid" 2>/dev/null && while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done; : >/run/standin/status ;;
  *" is-active "*) kill -0 "$(cat /run/standin/station.pid 2>/dev/null)" 2>/dev/null ;;
  *" show "*) cat /run/standin/status 2>/dev/null ;;
esac
S
chmod +x /srv/trial/standin/systemctl
printf '#!/bin/bash\n' >/srv/trial/standin/udevadm; chmod +x /srv/trial/standin/udevadm
ready() { for _ in $(seq 600); do case $(cat /run/standin/status 2>/dev/null) in Ready.*|"Not verified."*) return 0 ;; esac; sleep 0.2; done; cat /run/standin/out; fail "it did not come to ready"; }

say "install"
echo 4711 >/srv/trial/pin
bash deploy/install.sh --admin eva --pin-file /srv/trial/pin
mkdir -p /etc/station; cat >/etc/station/station.toml <<T
name = "station-9"
data = "/var/lib/station"
bundle = "$(cd / && /opt/station/current/bin/python -c 'import models, pathlib; print(pathlib.Path(models.__file__).parent / "released/bench")' | sed "s#$(readlink -f /opt/station/current)#/opt/station/current#")"
order = { part_number = "1041-A" }
camera = { kind = "simulated", tells_a_real_line = true }
line = [{ kind = "serial", port = "loop://" }]
T
say "install again: nothing is left to do, and it starts"
bash deploy/install.sh --admin eva --pin-file /srv/trial/pin | tee /tmp/again
grep -q "is there already" /tmp/again || fail "it was made twice"
grep -q "there are accounts already" /tmp/again || fail "a second administrator"
ready
first=$(readlink -f /opt/station/current)

say "doctor and demo"
systemctl stop station.service
(cd / && runuser -u station -- env HOME=/tmp station doctor --config /etc/station/station.toml) || true
(cd / && runuser -u station -- env HOME=/tmp station demo --headless --parts 3) || fail "the demo"
[ -z "$(runuser -u station -- env HOME=/tmp station doctor --config /etc/station/station.toml 2>&1 | grep -c Traceback | grep -v '^0')" ] || fail "a traceback"
systemctl start station.service; ready

say "an upgrade that never comes to ready, with a newer schema: the former version comes back"
cp -r . /srv/trial/broken
sed -i 's/^MIGRATIONS: .*/THIRD = "CREATE TABLE later (x)"\nMIGRATIONS: tuple[str, ...] = (FIRST, SECOND, THIRD)/' /srv/trial/broken/station/log/migrations.py
sed -i 's/^def start(station: Station) -> None:/def start(station: Station) -> None:\n    raise LogError("This version never comes to ready.")\n\n\ndef _start(station: Station) -> None:/' /srv/trial/broken/station/service.py
rc=0; bash /srv/trial/broken/deploy/install.sh --patience 40 || rc=$?
[ $rc = 3 ] || fail "exit status $rc"
[ "$(readlink -f /opt/station/current)" = "$first" ] || fail "the former version is not in use"
: >/run/standin/status; ready
runuser -u station -- env HOME=/tmp station log verify --data /var/lib/station || fail "the log is not whole"
aside=$(ls -d /var/lib/station/aside-*)
lost=$(/opt/station/current/bin/python - "$aside" <<'P'
import sqlite3, sys
both = [sqlite3.connect(f"file:{folder}/station.db?mode=ro", uri=True) for folder in (sys.argv[1], "/var/lib/station")]
ids = [{each[0] for each in rows.execute("SELECT inspection_id FROM inspections")} for rows in both]
print(len(ids[0] - ids[1]))
P
)
[ "$lost" = 0 ] || fail "$lost inspections are only in the log that was set aside"

say "an upgrade that works"
cp -r . /srv/trial/newer; echo "# newer" >>/srv/trial/newer/station/__init__.py
bash /srv/trial/newer/deploy/install.sh || fail "the upgrade"
[ "$(readlink -f /opt/station/current)" != "$first" ] || fail "the newer version is not in use"
[ "$(readlink -f /opt/station/former)" = "$first" ] || fail "the former version is not kept"
ready

say "uninstall: the log stays"
bash deploy/install.sh --uninstall
[ ! -e /opt/station ] && [ ! -e /etc/systemd/system/station.service ] || fail "something of the program is left"
[ -s /var/lib/station/station.db ] && [ -s /etc/station/station.toml ] || fail "the log or the configuration is gone"
say "a folder that bundle.sh makes: installed, looked at and tried without any network"
bash deploy/bundle.sh /srv/trial/folder || fail "the folder"
unshare --net bash /srv/trial/folder/deploy/install.sh || fail "the installation from it"
ready; systemctl stop station.service
(cd / && unshare --net runuser -u station -- env HOME=/tmp station doctor --json) | tee /tmp/looked || true
grep -q '"check": "self-test", "ok": true' /tmp/looked || fail "the self-test"
(cd / && unshare --net runuser -u station -- env HOME=/tmp station demo --headless --parts 3) || fail "the demo"
say "all is well"
