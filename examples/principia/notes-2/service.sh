# What the hooks share: finding the store, starting and stopping the service, and telling who is related where it is.
# Each hook begins with `set -eu; . ./service.sh`, which works because a hook runs in the formula's directory.
#
# The service outlives the hook that starts it, so it gets a session of its own (setsid) and lets go of the hook's
# output. It says in a file which process it is once it answers; that file is believed only as long as the process
# really is this unit's service, since numbers of processes are used again.

pid_file=$ENSEMBLE_DATA_DIR/pid
# How the service that runs was started, as it reads it: title, host, port and store.
started_file=$ENSEMBLE_DATA_DIR/started.json
port_file=$ENSEMBLE_DATA_DIR/port
service_log=$ENSEMBLE_DATA_DIR/service.log

# Prints the service's process, or fails where it does not run.
service_pid() {
  [ -f "$pid_file" ] || return 1
  pid=$(cat "$pid_file")
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "$ENSEMBLE_DATA_DIR" || return 1
  echo "$pid"
}

# Several units may share a machine: unit number N serves on base-port + N.
service_port() {
  echo $(($(config-get base-port) + ${ENSEMBLE_UNIT_NAME##*/}))
}

service_host() {
  host=$(config-get listen)
  if [ "$host" = private-address ]; then unit-get private-address; else echo "$host"; fi
}

# Prints the address of the store, of the first of its units that has said where it is; nothing without one. What the
# tools say goes into variables first, since sh lets a hook fail by a failed assignment, but not by a failed `for`.
store_address() {
  relations=$(relation-ids kv)
  for relation in $relations; do
    units=$(relation-list -r "$relation")
    for unit in $units; do
      host=$(relation-get -r "$relation" host "$unit")
      port=$(relation-get -r "$relation" port "$unit")
      bucket=$(relation-get -r "$relation" bucket "$unit")
      if [ -n "$host" ]; then
        echo "http://$host:$port/$bucket"
        return
      fi
    done
  done
}

# Makes everything as it should be, whatever it is now; most hooks are no more than this. The service runs where there
# is a store, as the config says, and who is related knows where; without a store it does not, and they know that.
settle() {
  store=$(store_address)
  if [ -z "$store" ]; then
    tell_related "" ""
    stop_service
    status-set --state waiting "has no store yet"
    return
  fi
  wanted=$(node -e 'const [title, host, port, store] = process.argv.slice(1);
    console.log(JSON.stringify({ title, host, port, store }))' \
    "$(config-get title)" "$(service_host)" "$(service_port)" "$store")
  if ! service_pid >/dev/null || [ "$wanted" != "$(cat "$started_file")" ]; then
    # One that died may have left its pid and an open port.
    stop_service
    launch_service "$wanted"
  fi
  # Also of one that runs already, since a hook that failed has opened and told nothing.
  open-port "$(cat "$port_file")"
  tell_related "$(service_host)" "$(cat "$port_file")"
  status-set --state active "serves the notes"
}

# An empty value takes the setting away.
tell_related() {
  relations=$(relation-ids http)
  for relation in $relations; do relation-set -r "$relation" host="$1" port="$2"; done
}

# Returns when the service answers.
launch_service() {
  service_port >"$port_file"
  echo "$1" >"$started_file"
  setsid node "$ENSEMBLE_FORMULA_DIR/server.mjs" "$ENSEMBLE_DATA_DIR" </dev/null >>"$service_log" 2>&1 &
  started=$!
  tries=0
  until service_pid >/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 400 ] || ! kill -0 "$started" 2>/dev/null; then
      kill "$started" 2>/dev/null || true
      tail -n 1 "$service_log" >&2
      echo "the notes do not start; see $service_log" >&2
      return 1
    fi
    sleep 0.05
  done
}

# Fine where it does not run. Returns when the process is gone, which takes as long as the requests under way.
stop_service() {
  signal=TERM
  tries=0
  while pid=$(service_pid); do
    if [ "$tries" -ge 400 ]; then signal=KILL; fi
    kill -s "$signal" "$pid" 2>/dev/null || true
    tries=$((tries + 1))
    sleep 0.05
  done
  rm -f "$pid_file"
  if [ -f "$port_file" ]; then
    close-port "$(cat "$port_file")"
    rm "$port_file"
  fi
}
