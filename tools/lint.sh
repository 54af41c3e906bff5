#!/bin/sh
# Everything that reads the code without running it.
set -e
cd "$(dirname "$0")/.."
bin=.venv/bin
$bin/ruff format --check --quiet . || { echo "ruff format: run .venv/bin/ruff format"; exit 1; }
$bin/ruff check --quiet .
$bin/python tools/lock.py
$bin/python tools/figures.py
git ls-files -z -- '*.html' | xargs -0 $bin/djade --target-version 5.2 --check >/dev/null || { echo "djade: run it on the templates"; exit 1; }
git ls-files -z -- '*.html' | xargs -0 $bin/djangofmt --quiet --line-length 120 --check >/dev/null || { echo "djangofmt: run it on the templates"; exit 1; }
$bin/lint-imports --no-cache >/dev/null || { $bin/lint-imports --no-cache; exit 1; }
DEVELOPMENT=1 $bin/mypy --no-error-summary
DEVELOPMENT=1 $bin/python manage.py makemigrations --check --dry-run >/dev/null || { echo "A migration is missing."; exit 1; }
# The settings of a real site, with everything it must be given.
env -u TESTING -u DEVELOPMENT -u DEBUG VAR_DIR=/nonexistent DEVELOPMENT=no SECRET_KEY="$(printf 'k%.0s' $(seq 1 30))0123456789abcdefghijKLMNOPQRST" ALLOWED_HOSTS=loaf.example \
  FIELD_KEYS=0123456789abcdefghijKLMNOPQRSTUV \
  SITE_URL=https://loaf.example DATABASE_URL=sqlite://:memory: EMAIL_HOST=smtp.example \
  STRIPE_TEST_SECRET_KEY=sk_test_000000000000000000000000 $bin/python manage.py check --deploy --fail-level WARNING >/dev/null
# pip-audit needs the network's advisory service; where it is out of reach that is said, not passed over.
if $bin/pip-audit --strict --disable-pip --require-hashes -r requirements.txt --progress-spinner off >/tmp/loaf-audit.$$ 2>&1; then
  echo "pip-audit: no known flaws"
elif grep -qiE "connection|resolve|timed out|unreachable|ServiceError|HTTPError|could not be audited|403|404|502|503" /tmp/loaf-audit.$$; then
  echo "pip-audit: NOT CHECKED, the advisory service cannot be reached from here"
else
  cat /tmp/loaf-audit.$$; rm -f /tmp/loaf-audit.$$; exit 1
fi
rm -f /tmp/loaf-audit.$$
echo "lint: fine"
