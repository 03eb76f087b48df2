#!/usr/bin/env bash
# standardwebhooks 1.1.0: Webhook.sign takes a datetime and drops its zone.
#
# Expected: an aware datetime names one moment, whatever its zone. Signing 10:00+02:00 and 08:00+00:00 gives one
#   signature, and a receiver that gets this moment's epoch seconds in the header webhook-timestamp verifies it.
# Seen: sign() reads the clock's digits as UTC. The two spellings of one moment give two signatures, and the one that is
#   not in UTC is refused by the package's own verify() ("No matching signature found").
# Versions: standardwebhooks 1.1.0, Python 3.11.
# Why it matters: a sender whose clock is zoned (a firm's local time, as timesheets and ERPs have it) signs every message
#   wrongly, and the receiver's refusal says nothing of time. Hand in UTC, as leadline/delivery/signature.py does.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import base64
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

print("standardwebhooks", version("standardwebhooks"))
hook = Webhook(base64.b64encode(b"a secret of thirty-two bytes....").decode())
body = '{"id": 1}'
moment = datetime.now(timezone.utc).replace(microsecond=0)
zoned = moment.astimezone(timezone(timedelta(hours=2)))
assert moment == zoned
outcomes = {}
for name, spelled in (("UTC", moment), ("+02:00", zoned)):
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(spelled.timestamp())),
        "webhook-signature": hook.sign("msg_1", spelled, body),
    }
    try:
        hook.verify(body, headers)
        outcomes[name] = "verified"
    except WebhookVerificationError as refused:
        outcomes[name] = f"refused: {refused}"
    print(f"signed in {name}: {outcomes[name]}")
assert outcomes == {"UTC": "verified", "+02:00": "refused: No matching signature found"}, "the behaviour has changed"
PYTHON
