#!/bin/sh
# The tests: on SQLite, on PostgreSQL, then the stories in Chromium. A missing part is a failure with CI=true, a loud skip elsewhere.
cd "$(dirname "$0")/.."
bin=.venv/bin
export TESTING=1
failed=0
have_postgres=yes
sh tools/postgres.sh start || have_postgres=no
have_chromium=no
for name in chromium chromium-browser google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
  command -v "$name" >/dev/null 2>&1 && have_chromium=yes
done
missing() {
  echo "=================================================================="
  echo "SKIPPED: $1 is not on this machine (README, Other machines)."
  echo "=================================================================="
  [ "$CI" = true ] && failed=1
}
browser() {
  if [ $have_chromium = no ]; then missing "Chromium"; return; fi
  if [ $have_postgres = yes ]; then url=$(sh tools/postgres.sh url loaf_story); else url=; fi
  STORY_DATABASE_URL=$url $bin/python -m pytest -q -n 2 --durations=12 --dist loadfile -m browser -p no:cacheprovider "$@" tests || failed=1
}
if [ "$1" = story ]; then
  browser tests/test_story.py
else
  echo "-- with the runtime packages alone"
  sh tools/runtime.sh || failed=1
  echo "-- on SQLite"
  $bin/python -m pytest -q -n 2 --durations=5 -m "not browser and not postgres" || failed=1
  if [ $have_postgres = yes ]; then
    echo "-- on PostgreSQL"
    DATABASE_URL=$(sh tools/postgres.sh url loaf) $bin/python -m pytest -q -n 2 --durations=5 -m "not browser" || failed=1
  else
    missing "PostgreSQL"
  fi
  echo "-- in Chromium"
  browser
fi
sh tools/postgres.sh stop
exit $failed
