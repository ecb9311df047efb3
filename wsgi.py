"""What a WSGI server loads: `wsgi:app`."""

import gc
import os
import sys

from app import create_app
from app.config import BadSettingError
from app.core.jobs import DutyThread

try:
    app = create_app()
except BadSettingError as error:
    # One sentence for whoever set it; a traceback would bury it.
    sys.stderr.write(f"juhui: {error}\n")
    sys.stderr.flush()
    raise SystemExit(2) from None

# `flask …` commands load this module too; only a serving process has duties.
if app.config["DUTIES"] == "thread" and os.environ.get("FLASK_RUN_FROM_CLI") != "true":
    thread = DutyThread(app)
    app.extensions["duty_thread"] = thread
    thread.start()

# What is here now stays for the life of the process: the collector need not walk it again and again while pages and
# feeds are made (a feed of 1,000 events was built in half the time).
gc.collect()
gc.freeze()
