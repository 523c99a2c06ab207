# Read by start.sh and stop.sh with `.`: the machine's Docker Engine.

engine_address=${SHOAL_ENGINE:-unix:///var/run/docker.sock}
engine_socket=${engine_address#unix://}
# Only for an engine that is started here because nothing else starts one.
own_engine=/var/lib/shoal-engine

fail() {
  printf '\n*** %s\n' "$*" >&2
  exit 1
}

# Needs any Node, and neither curl nor a Docker client. Exits 0 when an engine answers, 2 when the socket may not be opened, else 1.
probe_engine() {
  node -e '
    const call = require("node:http").get({ socketPath: process.argv[1], path: "/_ping", timeout: 5000 });
    call.on("response", (answer) => process.exit(answer.statusCode === 200 ? 0 : 1));
    call.on("timeout", () => process.exit(1));
    call.on("error", (error) => process.exit(error.code === "EACCES" ? 2 : 1));
  ' "$engine_socket"
}

# Waits up to $1 seconds.
await_engine() {
  seconds=$1
  while [ "$seconds" -gt 0 ]; do
    probe_engine && return 0
    sleep 1
    seconds=$((seconds - 1))
  done
  return 1
}

explain_engine() {
  [ "$1" -ne 2 ] ||
    fail "This user may not use the Docker Engine at $engine_socket. Either run \"sudo npm start\", or let this user in:
    sudo usermod -aG docker $(id -un)     # then log in again"
  if command -v dockerd >/dev/null 2>&1; then
    fail "No Docker Engine answers at $engine_socket. Either run \"sudo npm start\", which starts it, or:
    sudo systemctl start docker           # without systemd: sudo service docker start"
  fi
  fail "There is no Docker Engine on this machine. Either run \"sudo npm start\", which installs and starts one, or:
    sudo apt-get install docker.io
    sudo usermod -aG docker $(id -un)     # then log in again"
}

install_engine() {
  command -v dockerd >/dev/null 2>&1 && return 0
  command -v apt-get >/dev/null 2>&1 ||
    fail 'There is no Docker Engine on this machine, and no apt-get to install one: install Docker, then run "npm start" again.'
  echo 'Installing a Docker Engine (docker.io)'
  apt-get update -qq >&2 || fail 'apt-get update failed: see above'
  packages='docker.io iptables'
  # Newer releases of Debian have the client in a package of its own.
  apt-cache show docker-cli >/dev/null 2>&1 && packages="$packages docker-cli"
  # Word splitting is meant: one argument a package.
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2 ||
    fail "apt-get could not install: $packages"
}

# As the machine starts its services; a machine without a working service manager, as most containers are, gets a plain one.
start_engine() {
  echo 'Starting the Docker Engine'
  if [ -d /run/systemd/system ]; then
    systemctl start docker && await_engine 60 && return 0
  elif [ -x /etc/init.d/docker ]; then
    service docker start >/dev/null 2>&1 && await_engine 30 && return 0
  fi
  start_own_engine
}

start_own_engine() {
  echo "No service manager starts it, so it runs by itself, with its data and its log in $own_engine"
  mkdir -p -m 0711 "$own_engine" || fail "cannot make the folder $own_engine"
  setsid dockerd --data-root "$own_engine/data" --exec-root "$own_engine/exec" --pidfile "$own_engine/pid" \
    -H "unix://$engine_socket" >>"$own_engine/log" 2>&1 </dev/null &
  await_engine 60 && return 0
  tail -n 20 "$own_engine/log" >&2
  fail "The Docker Engine does not start; the end of its log $own_engine/log is above."
}

# Makes sure that an engine answers, or ends the script with what to do.
ensure_engine() {
  probe_engine && return 0
  code=$?
  [ -z "${SHOAL_ENGINE:-}" ] || [ "$engine_socket" = /var/run/docker.sock ] ||
    fail "No Docker Engine answers at $engine_address (from SHOAL_ENGINE): start it, or unset SHOAL_ENGINE."
  [ "$(id -u)" -eq 0 ] || explain_engine "$code"
  install_engine
  # Debian starts a service as it is installed, where it can.
  probe_engine || start_engine
}

# Stops the engine that start_own_engine started, if it did.
stop_own_engine() {
  [ -s "$own_engine/pid" ] || return 0
  pid=$(cat "$own_engine/pid")
  grep -q dockerd "/proc/$pid/cmdline" 2>/dev/null || return 0
  kill "$pid"
  seconds=30
  while [ -d "/proc/$pid" ] && [ "$seconds" -gt 0 ]; do
    sleep 1
    seconds=$((seconds - 1))
  done
  echo "Stopped the Docker Engine that was started for Shoal; its images stay in $own_engine"
}
