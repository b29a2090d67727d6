#!/usr/bin/env bash
# debian.sh TAG: a small Debian as a local image, from packages alone (30 s).
#
# For machines that reach Debian's mirrors and no registry of images. It has what a Python needs
# that was built elsewhere, and the certificates that this machine trusts: mirrors of companies are
# often signed by an authority of their own.
set -euo pipefail
tag=$1

bootstrap() {
    mmdebstrap --quiet --variant=minbase --mode=root \
        --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"' \
        --include=ca-certificates,libbz2-1.0,libexpat1,libffi8,liblzma5,libncursesw6 \
        --include=libreadline8t64,libsqlite3-0,libssl3t64,libuuid1,netbase,tzdata,zlib1g \
        trixie -
}

bootstrap | docker import - "$tag" > /dev/null
