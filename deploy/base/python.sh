#!/usr/bin/env bash
# python.sh PYTHON DEBIAN TAG: a local image with the Python of this machine, on an image of
# debian.sh. It stands in for python:3.11-slim where no registry of images can be reached.
set -euo pipefail
python=$1 debian=$2 tag=$3

prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
version=$("$python" -c 'import sys; print("{}.{}".format(*sys.version_info))')
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

tar --directory "$prefix" --create --file "$folder/python.tar" \
    --exclude='test' --exclude='site-packages/*' --exclude='config-*' --exclude='idlelib' \
    --exclude='tkinter' --exclude='turtledemo' --exclude='__pycache__' --exclude='*.a' \
    "lib/python$version" "bin/python$version" bin/python3 bin/python \
    $(cd "$prefix" && compgen -G 'lib/libpython3*.so*')

cat > "$folder/Dockerfile" <<DOCKERFILE
FROM $debian
ADD python.tar /usr/local/
# pip, uv and Python trust what the machine trusts.
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
RUN ldconfig && python3 -m ensurepip > /dev/null \\
 && python3 -c 'import ssl, sqlite3, ctypes, bz2, lzma, readline, zlib'
CMD ["python3"]
DOCKERFILE
"${DOCKER:-docker}" build --quiet --tag "$tag" "$folder" > /dev/null
