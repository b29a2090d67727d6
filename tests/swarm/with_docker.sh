#!/usr/bin/env bash
# with_docker.sh COMMAND...: runs a command with a docker that answers. Where none does, root on a
# Debian has it installed, with what the tests need beside it, and started. At the end it is stopped
# with all its containers, and what it did to the network is undone. Where that is not possible the
# command runs all the same: tests say why they are skipped.
set -euo pipefail

# One at a time on a machine: names and addresses of the swarm's nodes are the same for all.
exec 9> "${TMPDIR:-/tmp}/framemesh-docker.lock"
flock --wait 1800 9 || { echo "another test uses docker for half an hour" >&2; exit 1; }

answers() { timeout 20 docker info > /dev/null 2>&1; }

install() {
    local packages=()
    answers || command -v dockerd > /dev/null || packages+=(docker.io iptables)
    command -v mmdebstrap > /dev/null || packages+=(mmdebstrap)
    command -v docker-registry > /dev/null || packages+=(docker-registry)
    [ ${#packages[@]} -gt 0 ] || return 0
    export DEBIAN_FRONTEND=noninteractive
    timeout 120 apt-get update -qq || true
    timeout 300 apt-get install -qq --yes --no-install-recommends "${packages[@]}" > /dev/null \
        || echo "cannot install ${packages[*]}" >&2
}

start() {
    rules=$(iptables-save 2> /dev/null || true)
    links=$(ip -brief link 2> /dev/null || true)
    dockerd --log-level warn --shutdown-timeout 5 > "$log" 2>&1 9>&- &
    docker=$!
    for _ in $(seq 60); do
        ! answers && kill -0 "$docker" 2> /dev/null || return 0
        sleep 0.5
    done
}

stop() {
    [ -z "${command:-}" ] || kill -KILL "$command" 2> /dev/null || true
    if [ -n "${docker:-}" ]; then
        kill "$docker" 2> /dev/null || true
        for _ in $(seq 60); do
            kill -0 "$docker" 2> /dev/null || break
            sleep 0.5
        done
        kill -KILL "$docker" 2> /dev/null || true
        wait "$docker" 2> /dev/null || true
        # dockerd leaves these; those that were there before it are others'.
        grep -q '^docker0' <<< "$links" || ip link delete docker0 2> /dev/null || true
        grep -q '^:DOCKER' <<< "$rules" || iptables-restore <<< "$rules" 2> /dev/null || true
    fi
    rm -f "$log"
}

log=$(mktemp)
trap stop EXIT
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    install
    if ! answers && command -v dockerd > /dev/null; then
        start
        answers || { echo "dockerd does not start: $(tail -n 1 "$log")" >&2; }
    fi
fi
# In the background, so that this script can stop it when it is told to stop itself.
"$@" 9>&- < /dev/null &
command=$!
trap 'kill -TERM "$command" 2> /dev/null || true' TERM INT HUP
status=0
wait "$command" || status=$?
# A signal ends `wait` before the command has ended.
for _ in $(seq 120); do
    kill -0 "$command" 2> /dev/null || break
    sleep 0.5
done
command=
exit "$status"
