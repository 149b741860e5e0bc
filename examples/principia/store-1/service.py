"""What the hooks share: starting and stopping the store, and telling the related units where it is.

The store outlives the hook that starts it, so it gets a session of its own and lets go of the hook's output. It says in
a file which process it is once it answers; that file is believed only as long as the process really is this unit's
store, since numbers of processes are used again.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

PATIENCE = 10  # seconds to start, and to end by itself
unit = os.environ["ENSEMBLE_UNIT_NAME"]
data = pathlib.Path(os.environ["ENSEMBLE_DATA_DIR"])
pid_file = data / "pid"
place_file = data / "place"  # the address and port of the store that runs
log_file = data / "service.log"


def tool(*words):
    """Calls a hook tool and gives what it printed; one that fails has said why, and ends the hook."""
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{words[0]} failed")
    return done.stdout.strip()


def wanted_place():
    """Several units may share a machine: unit number N serves on base-port + N."""
    config = json.loads(tool("config-get", "--format", "json"))
    listen = config["listen"]
    address = tool("unit-get", "private-address") if listen == "private-address" else listen
    return f"{address} {config['base-port'] + int(unit.rpartition('/')[2])}"


def process():
    """The store's process, or None where it does not run."""
    try:
        pid = int(pid_file.read_text())
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (OSError, ValueError):
        return None
    return pid if str(data) in words else None


def start():
    """Fine where it runs already."""
    if process() is None:
        stop()  # one that died may have left its pid and an open port
        launch(wanted_place())
    tool("open-port", place_file.read_text().split()[1])


def launch(place):
    """Returns when the store answers."""
    place_file.write_text(place)
    server = os.path.join(os.environ["ENSEMBLE_FORMULA_DIR"], "server.py")
    with open(log_file, "a") as log:
        started = subprocess.Popen(
            ["python3", "-B", server, str(data), *place.split()],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    end = time.monotonic() + PATIENCE
    while process() is None:
        if started.poll() is not None or time.monotonic() > end:
            started.kill()
            sys.exit(f"the store does not start; {log_file} ends with: {log_file.read_text()[-500:]}")
        time.sleep(0.02)


def stop():
    """Fine where it does not run. Returns when the process is gone, so that its port and its data are free."""
    end = time.monotonic() + PATIENCE
    while (pid := process()) is not None:
        try:
            os.kill(pid, signal.SIGTERM if time.monotonic() < end else signal.SIGKILL)
        except ProcessLookupError:
            pass
        time.sleep(0.05)
    pid_file.unlink(missing_ok=True)
    if place_file.exists():
        tool("close-port", place_file.read_text().split()[1])
        place_file.unlink()


def tell(relation):
    """
    Tells the units of a relation where the store is. The bucket is named after their service, so that several
    services do not mix up their keys.
    """
    host, port = place_file.read_text().split()
    services = {each["id"]: each["service"] for each in json.loads(tool("unit-relations", "--format", "json"))}
    tool("relation-set", "-r", relation, f"host={host}", f"port={port}", f"bucket={services[relation]}")


def tell_all():
    """In hooks that are of no relation: all that use the store."""
    for relation in json.loads(tool("relation-ids", "kv", "--format", "json")):
        tell(relation)
