"""Clients that only listen: they ask once, and from then on believe the signals."""

import time

from gi.repository import GLib

from . import contract
from .loop import wait_until

AGEING = {'ValidLifetime', 'PreferredLifetime', 'Expires'}     # seconds left, as of the reading
ENDLESS = {0, 4294967295}


class Mirror:
    """What a listener knows of one namespace (or of the manager's namespaces)."""

    def __init__(self, client, path):
        self.client = client
        self.path = path
        self.known = {}
        self.heard = {}     # (path, property): when, of those that age
        self.errors = []
        client.listeners.append(self._on_event)
        self._ask()

    def close(self):
        self.client.listeners.remove(self._on_event)

    def _ask(self):
        """The reply replaces what is known at its place in the order of messages."""
        done = []

        def on_reply(connection, result):
            self._take(connection.call_finish(result).unpack()[0])
            done.append(True)

        self.client.connection.call(
            contract.BUS_NAME, self.path, contract.OBJECT_MANAGER, 'GetManagedObjects', None,
            GLib.VariantType('(a{oa{sa{sv}}})'), 0, -1, None, on_reply)
        wait_until(lambda: done, f'GetManagedObjects of {self.path}')

    def objects(self):
        """What is known, as it is by now."""
        aged = dict(self.known)
        for (path, key), since in self.heard.items():
            for interface, properties in self.known.get(path, {}).items():
                if properties.get(key, 0) not in ENDLESS:
                    left = max(0, properties[key] - int(time.monotonic() - since))
                    aged[path] = {**aged[path], interface: {**aged[path][interface], key: left}}
        return aged

    def _hear(self, path, properties):
        self.heard.update({(path, key): time.monotonic() for key in AGEING & properties.keys()})

    def _take(self, known):
        self.known = known
        self.heard = {}
        for path, interfaces in known.items():
            for properties in interfaces.values():
                self._hear(path, properties)

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
            self._hear(path, properties)

    def _removed(self, path, interfaces):
        for interface in interfaces:
            if self.known.get(path, {}).pop(interface, None) is None:
                self.errors.append(f'removed but unknown: {path} {interface}')
        if not self.known.get(path):
            self.known.pop(path, None)
            for key in AGEING:
                self.heard.pop((path, key), None)

    def _changed(self, path, interface, changed, invalidated):
        known = self.known[path].get(interface)
        if known is None:
            self.errors.append(f'changed but unknown: {path} {interface}')
            return
        for key, value in changed.items():
            if key in known and known[key] == value and key not in AGEING:
                self.errors.append(f'"changed" to what it was: {path} {interface}.{key}: {value!r}')
        known.update(changed)
        self._hear(path, changed)
        for key in invalidated:
            known.pop(key, None)


class LateMirror(Mirror):
    """A mirror that is made while signals are handled: its answer comes when it comes."""

    def _ask(self):
        def on_reply(connection, result):
            try:
                self._take(connection.call_finish(result).unpack()[0])
            except GLib.Error:      # it is gone already
                self._take({})
            self.errors.clear()

        self.client.connection.call(
            contract.BUS_NAME, self.path, contract.OBJECT_MANAGER, 'GetManagedObjects', None,
            GLib.VariantType('(a{oa{sa{sv}}})'), 0, -1, None, on_reply)


class Mirrors:
    """A mirror of the names, and of each namespace that there is, as they come and go."""

    def __init__(self, client):
        self.client = client
        self.of = {}
        self.manager = Mirror(client, contract.MANAGER_PATH)
        for path, interfaces in self.manager.known.items():
            if contract.NAMESPACE in interfaces:
                self.of[path] = LateMirror(client, path)
        client.listeners.append(self._on_event)

    def __getitem__(self, path):
        return self.of[path]

    def close(self):
        self.client.listeners.remove(self._on_event)
        for mirror in (self.manager, *self.of.values()):
            mirror.close()

    def _on_event(self, event):
        if event.interface != contract.OBJECT_MANAGER or event.path != contract.MANAGER_PATH:
            return
        path, interfaces = event.args
        if contract.NAMESPACE not in interfaces:
            return
        if event.member == 'InterfacesAdded':
            self.of[path] = LateMirror(self.client, path)
        elif path in self.of:
            self.of.pop(path).close()
