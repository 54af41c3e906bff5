#!/bin/sh
# A PostgreSQL cluster of our own in var/pg, on a socket of its own. Usage: tools/postgres.sh start | stop | url NAME
set -e
here=$(cd "$(dirname "$0")/.." && pwd)
bin=$(dirname "$( (ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb || ls /opt/homebrew/opt/postgresql*/bin/initdb 2>/dev/null) | tail -1)" 2>/dev/null)
[ -x "$bin/initdb" ] || exit 3
# The server refuses to run as root, and a socket's path must be short.
base=${LOAF_PG_DIR:-/tmp/loaf-pg-$(id -u)-$(printf %s "$here" | cksum | cut -d' ' -f1)}
run() { if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "$1"; else sh -c "$1"; fi; }
case $1 in
start)
  if [ ! -d "$base/data" ]; then
    mkdir -p "$base" && chmod 755 "$base"
    if [ "$(id -u)" = 0 ]; then chown postgres "$base"; fi
    run "$bin/initdb -D $base/data -A trust -U postgres -E UTF8 --locale=C.UTF-8" >/dev/null 2>&1 || run "$bin/initdb -D $base/data -A trust -U postgres -E UTF8" >/dev/null
  fi
  run "$bin/pg_ctl -D $base/data status" >/dev/null 2>&1 || run "$bin/pg_ctl -D $base/data -l $base/log -w start -o \"-p 54329 -k $base -c listen_addresses='' -c fsync=${PG_FSYNC:-off} -c synchronous_commit=${PG_FSYNC:-off} -c shared_buffers=${PG_BUFFERS:-256MB} -c max_connections=120\"" >/dev/null
  ;;
stop) [ -d "$base/data" ] && run "$bin/pg_ctl -D $base/data -m fast stop" >/dev/null 2>&1 || true ;;
url) echo "postgresql://postgres@/$2?host=$base&port=54329" ;;
esac
