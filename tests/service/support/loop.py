"""Waiting for an event, and never for the clock: the one place where tests block."""

import time

from gi.repository import GLib

TIMEOUT = 10    # seconds; only a failing test ever waits that long


class Timeout(AssertionError):
    """What a test waited for did not come."""


def wait_until(predicate, what, timeout=TIMEOUT):
    """Run the main loop until predicate() is true, and return what it returned.

    The predicate is asked again after each event; so whatever changes it must be an event of
    the default main context (a D-Bus message, a watched descriptor).
    """
    context = GLib.MainContext.default()
    deadline = time.monotonic() + timeout
    while not (value := predicate()):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Timeout(f'waited {timeout} s in vain for: {what() if callable(what) else what}')
        alarm = GLib.timeout_source_new(int(left * 1000) + 1)
        alarm.set_callback(lambda *_: GLib.SOURCE_REMOVE)
        alarm.attach(context)
        context.iteration(True)
        alarm.destroy()
    return value


def wait_for_event(timeout):
    """Run the main loop until anything happened, or for timeout seconds; False if nothing did."""
    context = GLib.MainContext.default()
    rang = []
    alarm = GLib.timeout_source_new(max(1, int(timeout * 1000)))
    alarm.set_callback(lambda *_: rang.append(True))
    alarm.attach(context)
    context.iteration(True)
    alarm.destroy()
    return not rang
