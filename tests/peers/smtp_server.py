"""A mail server for the tests: aiosmtpd with TLS and log-in.

Started by tests/support/smtp.rs. Prints its port on a line of its own once it listens, appends
each letter it accepted to a file as one line of JSON, and ends when its standard input does, so
that it never outlives the test.
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("--mode", choices=["starttls", "tls", "plain"], required=True)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--certificate", required=True)
parser.add_argument("--key", required=True)
parser.add_argument("--user", required=True)
parser.add_argument("--password", required=True)
parser.add_argument("--letters", required=True)
options = parser.parse_args()


def part(message, kind):
    body = message.get_body((kind,))
    return body.get_content() if body else None


class Handler:
    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        letter = {
            "encrypted": server.transport.get_extra_info("sslcontext") is not None,
            "authenticated": bool(session.authenticated),
            "greeted_as": session.host_name,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "connection": session.peer[1],
            "headers": [[name, str(value)] for name, value in message.items()],
            "kind": message.get_content_type(),
            "text": part(message, "plain"),
            "html": part(message, "html"),
            "raw": base64.b64encode(envelope.content).decode(),
        }
        with open(options.letters, "a", encoding="utf-8") as file:
            file.write(json.dumps(letter) + "\n")
        return "250 2.0.0 accepted"


def authenticate(server, session, envelope, mechanism, data):
    right = (options.user.encode(), options.password.encode())
    # `handled=False` lets the server answer 535 itself.
    return AuthResult(success=(data.login, data.password) == right, handled=False)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(options.certificate, options.key)
    return made


def conversation():
    tls = context() if options.mode == "starttls" else None
    return SMTP(
        Handler(),
        hostname="mail.test",
        tls_context=tls,
        require_starttls=tls is not None,
        # aiosmtpd knows of STARTTLS only, not of TLS from the first byte.
        auth_require_tls=tls is not None,
        auth_required=options.mode != "plain",
        authenticator=authenticate,
    )


async def serve():
    tls = context() if options.mode == "tls" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(conversation, "127.0.0.1", options.port, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


# Handshakes that fail are what some tests are about.
logging.disable(logging.CRITICAL)
asyncio.run(serve())
