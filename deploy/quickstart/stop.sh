#!/bin/sh
# Removes what start.sh made: the demo, the swarm with all its services, the daemon and its data root. The packages stay.
set -u
cd "$(dirname "$0")/../.." || exit 1
PATH="$PWD/node_modules/.bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH

. deploy/quickstart/engine.sh

[ -d node_modules ] || fail 'There are no packages here, so nothing was started from here.'
node deploy/quickstart/main.ts stop || exit 1
stop_own_engine
