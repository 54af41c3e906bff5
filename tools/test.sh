#!/bin/sh
# The tests in tiers: daily (everything once), fast (what takes no seconds), soak (all rounds, modes and seeds), story (the acceptance
# story), lives (the money machine for long); ready makes beforehand what they copy. A missing part is a failure with CI=true, a loud skip elsewhere.
cd "$(dirname "$0")/.."
bin=.venv/bin
tier=${1:-daily}
export TESTING=1 DATABASE_STATEMENT_TIMEOUT_MS=600000
[ "$tier" = soak ] && export TIER=soak

have_postgres=yes
sh tools/postgres.sh start || have_postgres=no
have_chromium=no
for name in chromium chromium-browser google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
  command -v "$name" >/dev/null 2>&1 && have_chromium=yes
done

notes=$(mktemp -d)
trap 'rm -rf "$notes"' EXIT

# part NAME COMMAND…: its words go to the screen and into a file, because what failed is said once more at the very end.
part() {
  name=$1; shift
  echo "-- $name"
  echo unfinished >"$notes/$name.result"
  { "$@" 2>&1; echo $? >"$notes/$name.result"; } | tee "$notes/$name.said"
}

verdict() {
  failed=0
  for result in "$notes"/*.result; do
    [ "$(cat "$result")" = 0 ] && continue
    failed=1
    name=$(basename "$result" .result)
    echo "=================================================================="
    echo "FAILED: $name ($(cat "$result"))"
    # pytest's own list of what failed, or the last words of what is no test.
    grep -E '^(FAILED|ERROR|E  )' "$notes/$name.said" | cut -c1-300 | tail -n 40 | grep . || tail -n 15 "$notes/$name.said"
  done
  return $failed
}

missing() {
  echo "=================================================================="
  echo "SKIPPED: $1 is not on this machine (README, Other machines)."
  echo "=================================================================="
  [ "$CI" != true ]
}

tests() {
  workers=$1; shift
  $bin/python -m pytest -q -n "$workers" --maxschedchunk 2 -p no:cacheprovider "$@"
}

on_postgres() {
  if [ $have_postgres = no ]; then part PostgreSQL missing PostgreSQL; return; fi
  DATABASE_URL=$(sh tools/postgres.sh url loaf) part PostgreSQL tests 2 --durations=8 "$@"
}

on_sqlite() {
  part SQLite tests "${beside:-2}" "$@"
}

in_chromium() {
  if [ $have_chromium = no ]; then part Chromium missing Chromium; return; fi
  if [ $have_postgres = yes ]; then url=$(sh tools/postgres.sh url loaf_story); else url=; fi
  # A story waits more than it works: three at a time keep two cores busy.
  STORY_DATABASE_URL=$url part Chromium tests 3 --durations=8 -m browser "$@" tests
}

# What the tests copy: the environment of the runtime packages, and the migrated databases.
ready() {
  export DJANGO_SETTINGS_MODULE=loaf.settings
  sh tools/runtime.sh made &&
    $bin/python -m tests.database &&
    { [ $have_postgres = no ] || DATABASE_URL=$(sh tools/postgres.sh url loaf) $bin/python -m tests.database; }
}

beside_postgres() {
  part lint sh tools/lint.sh
  part runtime sh tools/runtime.sh
  if [ $have_postgres = yes ]; then beside=1 on_sqlite -m "sqlite and not postgres"; else on_sqlite -m "not browser and not postgres"; fi
}

case $tier in
ready) ready || exit 1 ;;
daily)
  # What needs one core runs beside PostgreSQL's two; its words come afterwards.
  beside_postgres >"$notes/beside" 2>&1 &
  on_postgres -m "not browser"
  wait $!
  cat "$notes/beside"
  in_chromium
  ;;
fast)
  if [ $have_postgres = yes ]; then on_postgres -m "not browser and not slow"; else on_sqlite -m "not browser and not postgres and not slow"; fi
  ;;
soak)
  seed=${SEED:-$(date +%s)}
  echo "-- the long tier, seed $seed"
  on_postgres -m "not browser" --hypothesis-seed="$seed"
  on_sqlite -m "not browser and not postgres" --hypothesis-seed="$seed"
  in_chromium
  ;;
lives)
  seed=${SEED:-$(date +%s)}
  echo "-- three hundred lives of fifty steps, seed $seed"
  MACHINE=${MACHINE:-300x50} on_postgres --hypothesis-seed="$seed" tests/test_money_machine.py
  ;;
story) in_chromium tests/test_story.py ;;
esac

sh tools/postgres.sh stop
[ "$tier" = ready ] || verdict || exit 1
[ "$tier" != soak ] || $bin/python tools/soaked.py "$seed"
