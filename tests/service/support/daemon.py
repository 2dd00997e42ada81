"""The daemon under test: its process, its log, its end."""

import os
import pathlib
import signal
import subprocess

from gi.repository import Gio, GLib

from . import contract
from .loop import Timeout, wait_until

BUILD = pathlib.Path(os.environ.get('NETNSD_BUILD', contract.TOP / 'build'))
NETNSD = os.environ.get('NETNSD', str(BUILD / 'src' / 'netnsd'))


class Process:
    """A child whose end wakes the main loop."""

    def __init__(self, command, log, env=None, **options):
        self.log = pathlib.Path(log)
        with self.log.open('ab') as output:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=output, env=env, **options)
        self.pid = self.popen.pid
        self._pidfd = os.pidfd_open(self.pid)
        self._watch = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, self._pidfd, GLib.IOCondition.IN,
                                            lambda *_: GLib.SOURCE_REMOVE)

    def kill(self, number):
        signal.pidfd_send_signal(self._pidfd, number)

    def alive(self):
        return self.popen.poll() is None

    def wait(self, timeout=20):
        """The exit status, once it has ended."""
        try:
            wait_until(lambda: not self.alive(), f'the end of process {self.pid}', timeout)
        except Timeout:
            self.kill(signal.SIGKILL)
            self.popen.wait()
            raise
        return self.popen.returncode

    def text(self):
        return self.log.read_text(errors='replace')

    def stop(self, number=signal.SIGTERM):
        if self.alive():
            self.kill(signal.SIGCONT)
            self.kill(number)
        return self.wait()


def daemon_environment():
    """Criticals are fatal: a test that only warns does not fail."""
    env = dict(os.environ, G_DEBUG='fatal-criticals')
    env.setdefault('ASAN_OPTIONS', 'detect_leaks=1:exitcode=99')
    env.setdefault('UBSAN_OPTIONS', 'halt_on_error=1:print_stacktrace=1')
    return env


def start(log, *arguments, before=(), env=None):
    """Start the daemon; `before` is the command that starts it (setpriv, unshare)."""
    return Process([*before, NETNSD, *arguments], log, env=env or daemon_environment())


class Daemon:
    """A running daemon that owns the name on the bus of `client`."""

    all = []    # those that are not closed, for the fixture that wakes them

    def __init__(self, client, log, *arguments):
        self.all.append(self)
        self.client = client
        self.log = log
        self.arguments = arguments
        self.process = None
        self._owner = ''
        self._watch = Gio.bus_watch_name_on_connection(
            client.connection, contract.BUS_NAME, Gio.BusNameWatcherFlags.NONE,
            self._on_appeared, self._on_vanished)
        self.start()

    def _on_appeared(self, _connection, _name, owner):
        self._owner = owner

    def _on_vanished(self, _connection, _name):
        self._owner = ''

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        self.process = start(self.log, *self.arguments)
        wait_until(lambda: self._owner or not self.process.alive(), 'the name on the bus', 30)
        assert self._owner, f'the daemon ended: {self.process.text()}'

    def stop(self):
        """End it as systemd does; it must end well, and its name must be gone from the bus."""
        status = self.process.stop()
        wait_until(lambda: not self._owner, 'the name to go')
        return status

    def restart(self):
        assert self.stop() == 0, self.process.text()
        self.start()

    def close(self):
        self.all.remove(self)
        Gio.bus_unwatch_name(self._watch)
