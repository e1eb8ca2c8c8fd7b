"""The example against the description it gives of its API: no 5xx, and no answer that is not
described.

    pip install --only-binary=:all: --require-hashes -r scripts/api/requirements.txt
    python scripts/api/run.py target/release/crm

Starts that crm on this machine with a database of its own, sets it up over HTTP as an operator and
an administrator would, and has schemathesis try every call: as an administrator, as a salesperson
who knows their password, and as nobody.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
PASSWORD = "seven green lanterns swing"
ADMINISTRATOR = "admin@acme.example"

# What each pass is called, what it tells schemathesis, and what its hooks.
EVERYTHING_BUT = ["--exclude-path", "/account/secure"]
# The salesperson comes before the administrator, who changes everybody.
PASSES = [
    (
        "as a salesperson, by cookie",
        [*EVERYTHING_BUT, "--phases", "examples,coverage,fuzzing"],
        {"API_LOGIN": "sally@acme.example", "API_COOKIE": "yes"},
    ),
    ("as an administrator", EVERYTHING_BUT, {"API_LOGIN": ADMINISTRATOR}),
    (
        "as nobody, always from one network",
        # What it makes up to show, it shows twice at times.
        [
            *EVERYTHING_BUT,
            *["--phases", "examples,coverage,fuzzing"],
            *["--exclude-checks", "positive_data_acceptance"],
        ],
        {},
    ),
    # It ends the administrator's own session and password.
    (
        "securing the company, last",
        ["--include-path", "/account/secure", "--phases", "examples,coverage"],
        {"API_LOGIN": ADMINISTRATOR, "API_ENDS": "yes"},
    ),
]

# What takes a token that only a letter has, what only the operator of the example may do, and the
# description itself, which schemathesis reads and does not try.
OUT_OF_REACH = [
    "/account/plan",
    "/activation",
    "/email/confirm",
    "/objection",
    "/openapi.json",
    "/password/replace",
    "/password/reset",
    "/undo",
]


class Crm:
    """The example, answering on this machine only."""

    def __init__(self, program, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        self.api = f"{self.origin}/auth/api"
        self.token = None
        self.log = folder / "crm.log"
        self.seen = folder / "seen"
        settings = {
            "PORT": str(port),
            "PUBLIC_URL": self.origin,
            "DATABASE_URL": f"sqlite:{folder}/crm.db",
            # So that schemathesis can come from many networks, each with limits of its own.
            "TRUSTED_PROXIES": "1",
            "RUST_LOG": "warn",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [program], cwd=folder, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def set_up_token(self):
        for _ in range(300):
            found = re.search(r"^set-up: \S+token=(\S+)$", self.log.read_text(), re.MULTILINE)
            if found:
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit(f"crm did not start:\n{self.log.read_text()}")

    def call(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, headers, method=method)
        # crm begins to listen a moment after it prints the link.
        for tries in range(50):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    text = answer.read()
                    return json.loads(text) if text else None
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError) or tries == 49:
                    raise
                time.sleep(0.1)

    def letter_token(self, address):
        """The token of the letter somebody got."""
        for _ in range(100):
            with urllib.request.urlopen(f"{self.origin}/dev/mail.json", timeout=30) as answer:
                letters = json.load(answer)
            for letter in letters:
                found = re.search(r"token=([\w-]{43})", letter["text"])
                if letter["to"] == address and found:
                    return found[1]
            time.sleep(0.1)
        sys.exit(f"no letter came for {address}")

    def person(self, name, role, active=True):
        address = f"{name}@acme.example"
        new = {"username": name, "email": address, "name": name.title(), "role": role}
        user = self.call("POST", "/users", new)["user"]["id"]
        if active:
            link = {"token": self.letter_token(address), "password": PASSWORD}
            self.call("POST", "/activation", link)
        return user

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        ended = self.process.wait(30)
        log = self.log.read_text()
        return ended == 0 and "panicked" not in log and " ERROR " not in log


def people(crm):
    """An administrator, and people to act on: those who are removed are others than those who are
    changed, so that there is always somebody."""
    crm.call("POST", "/activation", {"token": crm.set_up_token(), "password": PASSWORD})
    log_in = {"login": ADMINISTRATOR, "password": PASSWORD, "transport": "bearer"}
    crm.token = crm.call("POST", "/session", log_in)["token"]
    crm.person("sally", "salesperson")
    changed = [crm.person(f"changed{n}", "salesperson") for n in range(6)]
    changed += [crm.person(f"invited{n}", "salesperson", active=False) for n in range(3)]
    removed = [crm.person(f"removed{n}", "junior_salesperson", n == 0) for n in range(3)]
    return {"own": crm.call("GET", "/session")["user"]["id"], "changed": changed, "removed": removed}


def never_done(crm, seen):
    """The calls of which nobody ever got what they are for: a run of refusals proves little."""
    done = {(method, path) for method, path, status in seen if status.startswith("2")}
    paths = crm.call("GET", "/openapi.json")["paths"]
    all_of = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    return sorted(f"{method} {path}" for method, path in all_of - done if path not in OUT_OF_REACH)


def main():
    schemathesis = Path(sys.executable).with_name("schemathesis")
    if not schemathesis.exists():
        sys.exit("missing: schemathesis (see scripts/api/requirements.txt)")
    [program] = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        crm = Crm(Path(program).resolve(), Path(folder))
        wrong = []
        try:
            users = json.dumps(people(crm))
            shared = {
                **os.environ,
                "API": crm.api,
                "API_PASSWORD": PASSWORD,
                "API_USERS": users,
                "API_SEEN": str(crm.seen),
                "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
            }
            for name, arguments, settings in PASSES:
                print(f"\n--- {name}", flush=True)
                command = [schemathesis, "--config-file", HERE / "schemathesis.toml", "run"]
                command += ["--no-color", *arguments, f"{crm.api}/openapi.json"]
                ran = subprocess.run(command, cwd=folder, env=shared | settings)
                if ran.returncode != 0:
                    wrong.append(name)
            seen = [line.split() for line in crm.seen.read_text().splitlines()]
            crm.token = None
            print(f"\n{len(seen)} answers")
            wrong += [f"never done: {call}" for call in never_done(crm, seen)]
        finally:
            if not crm.end():
                wrong.append(f"crm itself:\n{crm.log.read_text()}")
    if wrong:
        sys.exit("not as described: " + "; ".join(wrong))


main()
