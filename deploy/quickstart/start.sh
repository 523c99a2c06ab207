#!/bin/sh
# Runs Shoal on this machine with a demo web service, and prints what to try next. Run again, it takes up what is there.
#
# Needs npm and any Node from 18 on; what else is missing it installs, as root on Debian. SHOAL_DATA_ROOT, SHOAL_HOST,
# SHOAL_ENGINE and the daemon's other variables choose other places than the daemon's defaults.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/node_modules/.bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH

. deploy/quickstart/modules.sh
. deploy/quickstart/engine.sh

[ "$(uname -s)" = Linux ] || fail "Shoal runs on Linux; this is $(uname -s)."
install_modules || exit 1
ensure_engine
exec node deploy/quickstart/main.ts start
