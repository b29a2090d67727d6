#!/usr/bin/env bash
# with_docker.sh COMMAND...: runs a command with a docker that answers. Where none does, root on a
# Debian has it installed, with what the tests need beside it, and started, and it is stopped at the
# end. Where that is not possible the command runs all the same: tests say why they are skipped.
set -euo pipefail

answers() { timeout 20 docker info > /dev/null 2>&1; }

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    packages=()
    answers || command -v dockerd > /dev/null || packages+=(docker.io iptables)
    command -v mmdebstrap > /dev/null || packages+=(mmdebstrap)
    command -v docker-registry > /dev/null || packages+=(docker-registry)
    if [ ${#packages[@]} -gt 0 ]; then
        export DEBIAN_FRONTEND=noninteractive
        timeout 120 apt-get update -qq || true
        timeout 300 apt-get install -qq --yes --no-install-recommends "${packages[@]}" > /dev/null \
            || echo "cannot install ${packages[*]}" >&2
    fi
    if ! answers && command -v dockerd > /dev/null; then
        log=$(mktemp)
        dockerd --log-level warn > "$log" 2>&1 &
        docker=$!
        trap 'kill "$docker" 2> /dev/null || true; wait "$docker" || true; rm -f "$log"' EXIT
        for _ in $(seq 60); do
            ! answers && kill -0 "$docker" 2> /dev/null || break
            sleep 0.5
        done
        answers || tail -n 3 "$log" >&2
    fi
fi
"$@"
