"""What schemathesis is told of the example: who it is, and whom there is to act on."""

import itertools
import json
import os
import zlib

import requests
import schemathesis

API = os.environ["API"]
USERS = json.loads(os.environ["API_USERS"])
LOGIN = os.environ.get("API_LOGIN")
BY_COOKIE = "API_COOKIE" in os.environ
# Whether what is tried ends the log-in for good: then its dead session is shown on.
ENDS = "API_ENDS" in os.environ
COOKIE = "portcullis"

# The password, which the calls tried here may change.
known = {"password": os.environ["API_PASSWORD"], "token": None}
networks = itertools.count()


def network():
    """Another network each time, so that limits are met only by who looks for them."""
    count = next(networks)
    return {"X-Forwarded-For": f"10.{count >> 8 & 255}.{count & 255}.1"}


def shown(token):
    if BY_COOKIE:
        return {"cookies": {COOKIE: token}}
    return {"headers": {"Authorization": f"Bearer {token}"}}


def log_in():
    transport = "cookie" if BY_COOKIE else "bearer"
    body = {"login": LOGIN, "password": known["password"], "transport": transport}
    answer = requests.post(f"{API}/session", json=body, headers=network(), timeout=30)
    answer.raise_for_status()
    return answer.cookies[COOKIE] if BY_COOKIE else answer.json()["token"]


if LOGIN:

    @schemathesis.auth(refresh_interval=None)
    class Session:
        """A session that stands: some of the calls end the one they are made with."""

        def get(self, case, context):
            token = known["token"]
            stands = token and requests.get(f"{API}/session", timeout=30, **shown(token)).ok
            if not token or not (stands or ENDS):
                known["token"] = log_in()
            return known["token"]

        def set(self, case, token, context):
            if BY_COOKIE:
                case.cookies = {**(case.cookies or {}), COOKIE: token}
            else:
                case.headers["Authorization"] = f"Bearer {token}"

    @schemathesis.hook
    def before_call(context, case, kwargs):
        case.headers.update(network())
        # Whoever secures themselves has no password any more.
        if case.path_parameters == {"id": USERS["own"]} and case.path.endswith("/secure"):
            case.path_parameters = {"id": USERS["changed"][0]}


def number(value):
    """A number that is always the same for this value."""
    return zlib.crc32(repr(value).encode(errors="replace"))


@schemathesis.hook
def map_path_parameters(context, parameters):
    """Half of what can be the id of somebody is."""
    for name in ("id", "user"):
        written = (parameters or {}).get(name)
        if not isinstance(written, str) or not written.isascii() or len(written) != 36:
            continue
        operation = context.operation
        users = USERS["removed" if operation.method.upper() == "DELETE" else "changed"]
        if "/sessions/" not in operation.path and number(written) % 2:
            parameters[name] = users[number(written) // 2 % len(users)]
    return parameters


@schemathesis.hook
def map_body(context, body):
    """Half of what can be the current password is, where the password is one's own. What goes with
    it is good as well: few texts made up at random are usernames."""
    path = context.operation.path
    if not BY_COOKIE or not isinstance(body, dict) or not path.startswith(("/me/", "/session")):
        return body
    name = "password" if "password" in body else "current_password"
    good = {"login": LOGIN, "username": f"sally{number(body)}", name: known["password"]}
    sent = [body[field] for field in good if field in body]
    # What is wrong on purpose stays as it is.
    could_be = all(isinstance(text, str) and 0 < len(text) <= 64 and "\0" not in text for text in sent)
    if name in body and could_be and number(body) % 2:
        return body | {field: good[field] for field in good if field in body}
    return body


@schemathesis.hook
def after_call(context, case, response):
    with open(os.environ["API_SEEN"], "a") as seen:
        print(case.method.upper(), case.operation.path, response.status_code, file=seen)
    changed = case.operation.path == "/me/password" and case.method.upper() == "PUT"
    if changed and response.status_code in (200, 204):
        known["password"] = case.body["new_password"]
