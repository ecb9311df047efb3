"""What a WSGI server loads: `wsgi:app`."""

import os

from app import create_app
from app.core.jobs import DutyThread

app = create_app()

# `flask …` commands load this module too; only a serving process has duties.
if app.config["DUTIES"] == "thread" and os.environ.get("FLASK_RUN_FROM_CLI") != "true":
    thread = DutyThread(app)
    app.extensions["duty_thread"] = thread
    thread.start()
