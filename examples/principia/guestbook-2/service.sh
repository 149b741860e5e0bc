# What the hooks share: starting and stopping the service. Each hook begins with `set -eu; . ./service.sh`, which works
# because a hook runs in the formula's directory.
#
# The service outlives the hook that starts it, so it needs care in three places:
#   - it gets a session of its own (setsid) and lets go of the hook's output;
#   - it says in a file, in the data directory, which process it is, once it answers;
#   - that file is believed only as long as the process really is this unit's service: numbers of processes are
#     used again, after a reboot for instance.

pid_file=$ENSEMBLE_DATA_DIR/pid
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

# Fine where it runs already: its port is opened all the same, since a hook that failed has opened none.
start_service() {
  if ! service_pid >/dev/null; then
    # One that died may have left its pid and an open port.
    stop_service
    launch_service
  fi
  open-port "$(cat "$ENSEMBLE_DATA_DIR/port")"
}

# Returns when the service answers.
launch_service() {
  service_port >"$ENSEMBLE_DATA_DIR/port"
  # The whole config as the service reads it. Written aside and renamed, so that it is never half there.
  config-get --format json >"$ENSEMBLE_DATA_DIR/config.json.new"
  mv "$ENSEMBLE_DATA_DIR/config.json.new" "$ENSEMBLE_DATA_DIR/config.json"
  setsid node "$ENSEMBLE_FORMULA_DIR/server.mjs" "$ENSEMBLE_DATA_DIR" "$(cat "$ENSEMBLE_DATA_DIR/port")" \
    </dev/null >>"$service_log" 2>&1 &
  started=$!
  tries=0
  until service_pid >/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$started" 2>/dev/null; then
      kill "$started" 2>/dev/null || true
      tail -n 1 "$service_log" >&2
      echo "the guestbook does not start; see $service_log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# Fine where it does not run. Returns when the process is gone, so that its port and its data are free.
stop_service() {
  signal=TERM
  tries=0
  while pid=$(service_pid); do
    if [ "$tries" -ge 100 ]; then signal=KILL; fi
    kill -s "$signal" "$pid" 2>/dev/null || true
    tries=$((tries + 1))
    sleep 0.1
  done
  rm -f "$pid_file"
  if [ -f "$ENSEMBLE_DATA_DIR/port" ]; then
    close-port "$(cat "$ENSEMBLE_DATA_DIR/port")"
    rm "$ENSEMBLE_DATA_DIR/port"
  fi
}
