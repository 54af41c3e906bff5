#!/bin/sh
# The site as an installation has it: an environment of requirements.txt alone, production settings, a server, a worker, a clock.
# What only the development packages bring is missing here, so an import that leans on it fails.
set -e
cd "$(dirname "$0")/.."
home=var/runtime
mkdir -p var
sum=$(cksum <requirements.txt)
if [ "$(cat $home/.made 2>/dev/null)" != "$sum" ]; then
  rm -rf $home
  .venv/bin/python -m venv $home
  $home/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
  echo "$sum" >$home/.made
fi
[ "$1" != made ] || exit 0
$home/bin/python -m pip check >/dev/null
exec env -u TESTING PYTHONPATH=. $home/bin/python tools/runtime.py
