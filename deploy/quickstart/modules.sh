# Read by other scripts with `.`, in the root of the checkout: brings the packages, and Node 24 with them.

# True when node_modules holds what package-lock.json names. Times say too little: a checkout touches files that it does not change.
has_modules() {
  [ -e node_modules/.package-lock.json ] || return 1
  if [ -e node_modules/.installed-lock.json ]; then
    cmp -s package-lock.json node_modules/.installed-lock.json
  else
    [ ! package-lock.json -nt node_modules/.package-lock.json ]
  fi
}

# Installs what package-lock.json names, if that was not done yet. Whatever Node npm runs under will do: the packages bring
# the Node that Shoal runs on, first on PATH afterwards. Fails, and has said why, when there is no such Node.
install_modules() {
  if ! has_modules; then
    echo 'Installing the packages of package-lock.json'
    npm ci --loglevel=error || return 1
    cp package-lock.json node_modules/.installed-lock.json
    hash -r
  fi
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)' && return 0
  printf '\n*** Node 24 or newer is needed, and "npm ci" brings one for Linux on x64 and arm64 only; found %s\n' \
    "$(node --version)" >&2
  return 1
}
