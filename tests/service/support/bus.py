"""A client of the service: one connection, on which everything happens in one order."""

import contextlib
import os
import re
import time
from dataclasses import dataclass, field

from gi.repository import Gio, GLib

from . import contract
from .loop import wait_until

CONNECT = (Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
           | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
CALL_TIMEOUT = 25   # seconds; as D-Bus libraries have it


class BusError(Exception):
    """An error reply: its D-Bus name and its message."""

    def __init__(self, error):
        self.name = Gio.DBusError.get_remote_error(error) or ''
        self.message = error.message.removeprefix(f'GDBus.Error:{self.name}: ')
        super().__init__(f'{self.name}: {self.message}')


@contextlib.contextmanager
def refused(name, *patterns):
    """Expect the error `name` whose message matches every pattern."""
    caught = []
    try:
        yield caught
    except BusError as error:
        assert error.name == name, f'expected {name}, got {error}'
        for pattern in patterns:
            assert re.search(pattern, error.message), f'no {pattern!r} in {error.message!r}'
        caught.append(error)
    else:
        raise AssertionError(f'expected {name}, and the call succeeded')


@dataclass
class Event:
    """A signal, or a reply (member "reply"), as it came in."""

    path: str
    interface: str
    member: str
    args: tuple = field(default_factory=tuple)

    def __str__(self):
        return f'{self.path} {self.interface.rpartition(".")[2]}.{self.member} {self.args}'


class Client:
    """A connection of its own to the bus, its calls, and every signal of the service in `events`.

    All calls go through the main loop, so replies and signals are seen in the order in which the
    bus delivered them.
    """

    def __init__(self, address=None, listen=True):
        address = address or os.environ['DBUS_SYSTEM_BUS_ADDRESS']
        self.connection = Gio.DBusConnection.new_for_address_sync(address, CONNECT, None, None)
        self.connection.set_exit_on_close(False)
        self.events = []
        self.listeners = []
        if listen:
            self.connection.signal_subscribe(contract.BUS_NAME, None, None, None, None,
                                             Gio.DBusSignalFlags.NONE, self._on_signal)

    def _on_signal(self, _connection, _sender, path, interface, member, parameters):
        self._record(Event(path, interface, member, parameters.unpack()))

    def _record(self, event):
        self.events.append(event)
        for listener in self.listeners:
            listener(event)

    def close(self):
        self.connection.close_sync(None)

    def start_call(self, path, interface, member, parameters=None, *, fds=(), interactive=False,
                   destination=contract.BUS_NAME, cancellable=None):
        """Send a call; the list that is returned gets (reply, descriptors) or a BusError."""
        answer = []
        flags = (Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive
                 else Gio.DBusCallFlags.NONE)
        fd_list = Gio.UnixFDList.new_from_array([os.dup(fd) for fd in fds]) if fds else None

        def on_done(connection, result):
            try:
                reply, out = connection.call_with_unix_fd_list_finish(result)
                answer.append((reply, out.steal_fds() if out else []))
            except GLib.Error as error:
                answer.append(BusError(error))
            self._record(Event(path, interface, 'reply', (member,)))

        self.connection.call_with_unix_fd_list(
            destination, path, interface, member, parameters, None, flags, CALL_TIMEOUT * 1000,
            fd_list, cancellable, on_done)
        return answer

    def call_raw(self, path, interface, member, parameters=None, **options):
        """(reply as a GLib.Variant, descriptors) of a call; raises BusError."""
        answer = self.start_call(path, interface, member, parameters, **options)
        wait_until(lambda: answer, f'the reply to {member} of {path}', CALL_TIMEOUT + 2)
        if isinstance(answer[0], BusError):
            raise answer[0]
        return answer[0]

    def call(self, path, interface, member, signature=None, *args, **options):
        """The reply as Python values: None, the value, or the tuple of values."""
        parameters = GLib.Variant(signature, args) if signature else None
        reply, fds = self.call_raw(path, interface, member, parameters, **options)
        values = reply.unpack()
        if reply.get_type_string() == '(h)':
            return fds[values[0]]
        return values[0] if len(values) == 1 else values or None

    def get(self, path, interface, name):
        return self.call(path, contract.PROPERTIES, 'Get', '(ss)', interface, name)

    def get_all(self, path, interface):
        return self.call(path, contract.PROPERTIES, 'GetAll', '(s)', interface)

    def set(self, path, interface, name, value):
        """Write a property; a plain Python value gets the type of the contract."""
        if not isinstance(value, GLib.Variant):
            value = GLib.Variant(contract.key_type(name, [interface]), value)
        self.call(path, contract.PROPERTIES, 'Set', '(ssv)', interface, name, value)

    def managed(self, path):
        """GetManagedObjects: {path: {interface: {property: value}}}."""
        return self.call(path, contract.OBJECT_MANAGER, 'GetManagedObjects')

    def sync(self):
        """A round trip through the daemon; what it sent before is then in `events`."""
        self.call(contract.MANAGER_PATH, contract.PEER, 'Ping')

    def settle(self, predicate, what, timeout=10):
        """Until predicate() is true, where no event tells: a round trip to the daemon each time."""
        deadline = time.monotonic() + timeout
        while not predicate():
            assert time.monotonic() < deadline, f'waited {timeout} s in vain for: {what}'
            self.sync()

    def wait_signal(self, matches, what='a signal', since=0, timeout=10):
        """The first event from index `since` on that matches."""
        def find():
            return next((event for event in self.events[since:] if matches(event)), None)
        return wait_until(find, lambda: f'{what}; seen: '
                          + '\n'.join(str(event) for event in self.events[since:]), timeout)
