#!/bin/sh
# System parts: installed where apt and root are there; elsewhere a sentence says what is missing (README, "Other machines").
# Usage: tools/system.sh venv | test | bench
want=$1
have_apt() { command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; }
install() {
  have_apt || return 1
  [ -n "$UPDATED" ] || { apt-get update -qq >/dev/null 2>&1; UPDATED=1; }
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome || ls "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" 2>/dev/null; }
postgres() { ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb || ls /opt/homebrew/opt/postgresql*/bin/initdb 2>/dev/null; }
# PDFs are drawn with Pango (WeasyPrint); without it everything else works.
pango() { "${PYTHON:-python3}" -c 'import ctypes.util as c, sys; sys.exit(not (c.find_library("pango-1.0") and c.find_library("harfbuzz-subset")))' 2>/dev/null; }
case $want in
venv)
  pango || install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core || echo "Pango is missing: PDFs cannot be made (README, Other machines)."
  if ! "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null; then
    install python3-venv || { echo "Python's venv module is missing: install python3-venv."; exit 1; }
  fi
  ;;
test | bench)
  if [ -z "$(postgres)" ]; then
    echo "Installing PostgreSQL…"
    install postgresql || { echo "PostgreSQL is missing: see README, Other machines."; [ "$CI" = true ] && exit 1; }
  fi
  if [ "$want" = test ] && [ -z "$(browser)" ]; then
    echo "Installing Chromium…"
    install chromium fonts-dejavu-core || { echo "Chromium is missing: see README, Other machines."; [ "$CI" = true ] && exit 1; }
  fi
  ;;
esac
exit 0
