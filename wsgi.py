"""What a WSGI server loads: `wsgi:app`."""

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
