"""A client that only listens: it asks once, and from then on believes the signals."""

from gi.repository import GLib

from . import contract
from .loop import wait_until


class Mirror:
    """What a listener knows of one namespace (or of the manager's namespaces)."""

    def __init__(self, client, path):
        self.client = client
        self.path = path
        self.known = {}
        self.errors = []
        client.listeners.append(self._on_event)
        self._ask()

    def close(self):
        self.client.listeners.remove(self._on_event)

    def _ask(self):
        """The reply replaces what is known at its place in the order of messages."""
        done = []

        def on_reply(connection, result):
            self.known = connection.call_finish(result).unpack()[0]
            done.append(True)

        self.client.connection.call(
            contract.BUS_NAME, self.path, contract.OBJECT_MANAGER, 'GetManagedObjects', None,
            GLib.VariantType('(a{oa{sa{sv}}})'), 0, -1, None, on_reply)
        wait_until(lambda: done, f'GetManagedObjects of {self.path}')

    def objects(self):
        return self.known

    def _on_event(self, event):
        if event.interface == contract.OBJECT_MANAGER and event.path == self.path:
            if event.member == 'InterfacesAdded':
                self._added(*event.args)
            elif event.member == 'InterfacesRemoved':
                self._removed(*event.args)
        elif event.member == 'PropertiesChanged' and event.path in self.known:
            self._changed(event.path, *event.args)

    def _added(self, path, interfaces):
        for interface, properties in interfaces.items():
            if interface in self.known.get(path, {}):
                self.errors.append(f'added twice: {path} {interface}')
            self.known.setdefault(path, {})[interface] = properties

    def _removed(self, path, interfaces):
        for interface in interfaces:
            if self.known.get(path, {}).pop(interface, None) is None:
                self.errors.append(f'removed but unknown: {path} {interface}')
        if not self.known.get(path):
            self.known.pop(path, None)

    def _changed(self, path, interface, changed, invalidated):
        known = self.known[path].get(interface)
        if known is None:
            self.errors.append(f'changed but unknown: {path} {interface}')
            return
        for key, value in changed.items():
            if key in known and known[key] == value:
                self.errors.append(f'"changed" to what it was: {path} {interface}.{key}: {value!r}')
        known.update(changed)
        for key in invalidated:
            known.pop(key, None)
