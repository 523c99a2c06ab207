#!/bin/sh
# Runs every check and every test, and installs what is missing for them.
#
# As root on Debian it installs the packages that the tests against a real Docker Engine need; the tests start a private
# engine of their own and leave a running one alone. Where that cannot be had, it says what is missing and leaves those
# tests out; with CI=true it fails instead.
#
# SHOAL_TEST_REPORTS names a directory for the reports; without it they go to a temporary one.
set -u
cd "$(dirname "$0")/.." || exit 1
. deploy/quickstart/modules.sh
PATH="$PWD/node_modules/.bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PATH

engine_projects='integration e2e bench'
other_projects='tidy unit conformance sim'

say() { printf '%s\n' "$*"; }
loud() { printf '\n*** %s\n' "$*" >&2; }

missing_packages() {
  for pair in dockerd=docker.io docker-registry=docker-registry ip=iproute2 iptables=iptables ps=procps nft=nftables curl=curl \
    openssl=openssl zsh=zsh fish=fish etcd=etcd-server \
    gcc=gcc; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || printf '%s ' "${pair#*=}"
  done
  # The static busybox becomes the images of the tests, which have no C library.
  dpkg-query -W -f '${Status}' busybox-static 2>/dev/null | grep -q ' installed' || printf 'busybox-static '
  [ -e /usr/include/stdio.h ] || printf 'libc6-dev '
  # Newer releases of Debian have Docker's client in a package of its own.
  command -v docker >/dev/null 2>&1 || { apt-cache show docker-cli >/dev/null 2>&1 && printf 'docker-cli '; }
}

# Sets $lacking to a sentence if the engine tests cannot run.
prepare_engine() {
  lacking=
  packages=$(missing_packages)
  if [ "$(id -u)" -ne 0 ]; then
    lacking="the tests against a Docker Engine must run as root (they start an engine of their own)"
    [ -z "$packages" ] || lacking="$lacking, and these Debian packages are missing: $packages"
    return
  fi
  [ -n "$packages" ] || return
  if ! command -v apt-get >/dev/null 2>&1; then
    lacking="there is no apt-get to install: $packages"
    return
  fi
  say "Installing what the tests need: $packages"
  # Word splitting is meant: one argument a package.
  # shellcheck disable=SC2086
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } >&2
  packages=$(missing_packages)
  [ -z "$packages" ] || lacking="apt-get could not install: $packages"
}

run_check() {
  say "== check: $1"
  npm run --silent "check:$1"
  printf '%s\n' "$?" >"$reports/check-$1.code"
}

run_project() {
  if ! find "test/$1" -name '*.test.ts' 2>/dev/null | grep -q .; then
    say "== $1: has no tests"
    return
  fi
  say "== $1"
  vitest run --project "$1" --reporter=default --reporter=json --outputFile.json="$reports/$1.json"
  printf '%s\n' "$?" >"$reports/$1.code"
}

reports=${SHOAL_TEST_REPORTS:-}
if [ -z "$reports" ]; then
  reports=$(mktemp -d)
  trap 'rm -rf "$reports"' EXIT
fi

prepare_engine
install_modules || exit 1
if [ -n "$lacking" ] && [ "${CI:-}" = true ]; then
  loud "$lacking"
  exit 1
fi

for check in types lint format unused; do run_check "$check"; done
for project in $other_projects; do run_project "$project"; done
if [ -z "$lacking" ]; then
  for project in $engine_projects; do run_project "$project"; done
else
  loud "LEFT OUT: $engine_projects. $lacking"
fi

node test/summary.ts "$reports" >"$reports/summary.txt"
code=$?
printf '\n'
cat "$reports/summary.txt"
exit "$code"
