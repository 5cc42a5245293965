#!/bin/bash
# Builds deploy/Containerfile and runs the image under the flags that its head names: a demo; a station that becomes healthy,
# hangs, comes back, and is stopped; its log afterwards.
#
#   bash tests/deploy/in_a_container.sh [--built] [FLAGS OF podman build]     --built: the image `station` is there already
#
# Needs podman 4.2 or later. Where no registry of images can be reached, a root of Debian takes its place:
#   mmdebstrap --variant=minbase bookworm root.tar && podman import root.tar docker.io/library/debian:12-slim
set -euo pipefail
cd "$(dirname "$0")/../.."
told() { printf '%s  %s\n' "$(date +%T)" "$*"; }
fail() { podman logs --tail 20 trial || true; echo "FAILED: $*" >&2; exit 1; }
seen() { podman inspect --format "{{.State.$1}}" trial; }
# podman leaves it to systemd to ask; here it is asked by hand, so that this works without
until_health() { # exit status, what is waited for
  for _ in $(seq 60); do
    local rc=0; podman healthcheck run trial >/dev/null 2>&1 || rc=$?
    [ $rc != "$1" ] || return 0
    sleep 1
  done
  fail "it did not come to $2"
}

if [ "${1:-}" = --built ]; then shift; else
  podman build --format docker -t station -f deploy/Containerfile "$@" .
fi
place=$(mktemp -d); chmod 0755 "$place"
clean() { podman rm -f trial; podman volume rm -f trial; rm -rf "$place"; }
trap 'clean >/dev/null 2>&1' EXIT
# the flags of the Containerfile's head, without devices and without the machine's network
flags=(--read-only --cap-drop=all --security-opt=no-new-privileges --network=none --tmpfs=/run/station --tmpfs=/tmp
  -v trial:/var/lib/station -v "$place:/etc/station:ro")

told "a demo"
podman run --rm "${flags[@]}" station station demo --headless --parts 5 || fail "the demo"

bundle=$(podman run --rm "${flags[@]}" station python -c 'import models, pathlib; print(pathlib.Path(models.__file__).parent / "released/bench")')
cat >"$place/station.toml" <<T
name = "station-9"
data = "/var/lib/station"
bundle = "$bundle"
order = { part_number = "1041-A" }
camera = { kind = "simulated", tells_a_real_line = true }
line = [{ kind = "serial", port = "loop://" }]
T
podman run -d --name trial --restart=always --health-on-failure=restart "${flags[@]}" station
until_health 0 healthy
told "started: $(seen Health.Status)"
first=$(seen StartedAt)
podman exec trial sh -c 'kill -STOP 2'     # the child of tini
until_health 1 "a failed look"
for _ in $(seq 60); do
  podman healthcheck run trial >/dev/null 2>&1 || true
  [ "$(seen StartedAt)" = "$first" ] || break
  sleep 1
done
[ "$(seen StartedAt)" != "$first" ] || fail "hung, it was not begun anew"
until_health 0 "healthy again"
told "hung, begun anew: $(seen Health.Status)"
podman exec trial sh -c 'kill -KILL 2' || true
sleep 5
until_health 0 "healthy again"
[ "$(podman inspect --format '{{.RestartCount}}' trial)" -ge 1 ] || fail "killed, it was not begun anew"
told "killed, begun anew: $(seen Health.Status)"
sleep 10                                   # some records more
podman stop --time 20 trial
[ "$(seen ExitCode)" = 0 ] || fail "stopped, it ended with $(seen ExitCode)"
podman logs --tail 1 trial
podman run --rm "${flags[@]}" station station log verify --data /var/lib/station || fail "the log is not whole"
told "all is well"
