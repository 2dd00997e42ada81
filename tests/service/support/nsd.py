"""The objects of the service as Python objects, thin enough that a test reads like the API page."""

from gi.repository import GLib

from . import contract, kinds
from .contract import link_settings, settings


class Thing:
    """An object on the bus: a client and a path."""

    interface = ''

    def __init__(self, client, path):
        self.client = client
        self.path = path

    def __repr__(self):
        return f'<{type(self).__name__} {self.path}>'

    def __eq__(self, other):
        return isinstance(other, Thing) and self.path == other.path

    def __hash__(self):
        return hash(self.path)

    def call(self, member, signature=None, *args, **options):
        return self.client.call(self.path, self.interface, member, signature, *args, **options)

    def get(self, name, interface=None):
        return self.client.get(self.path, interface or self.interface, name)

    def get_all(self, interface=None):
        return self.client.get_all(self.path, interface or self.interface)

    def write(self, name, value, interface=None):
        self.client.set(self.path, interface or self.interface, name, value)

    def exists(self):
        from .bus import BusError
        try:
            self.get_all()
        except BusError as error:
            assert error.name == contract.UNKNOWN_OBJECT, error
            return False
        return True


class Manager(Thing):
    interface = contract.MANAGER

    def __init__(self, client):
        super().__init__(client, contract.MANAGER_PATH)

    def create(self, name, **options):
        path = self.call('CreateNamespace', '(sa{sv})', name, settings([], **options))
        return Namespace(self.client, path)

    def attach(self, name, fd):
        path = self.call('AttachNamespace', '(sh)', name, 0, fds=[fd])
        return Namespace(self.client, path)

    def attach_process(self, name, pid):
        return Namespace(self.client, self.call('AttachProcess', '(su)', name, pid))

    def namespace(self, name):
        return Namespace(self.client, self.call('GetNamespace', '(s)', name))

    def host(self):
        return Namespace(self.client, self.get('HostNamespace'))

    def list(self):
        """{path: names}"""
        return {path: names for path, names in self.call('ListNamespaces')}


class Namespace(Thing):
    interface = contract.NAMESPACE

    def create_link(self, name, kind, **values):
        case = kinds.find(kind, False)
        packed = link_settings([case.interface] if case else [], **values)
        path = self.call('CreateLink', '(ssa{sv})', name, kind, packed)
        return Link(self.client, path)

    def link(self, name):
        return Link(self.client, self.call('GetLink', '(s)', name))

    def find_links(self, **match):
        values = settings([contract.LINK, *contract.KIND_INTERFACES], **match)
        return [Link(self.client, path) for path in self.call('FindLinks', '(a{sv})', values)]

    def add_route(self, **values):
        mode = values.pop('Mode', None)
        packed = settings([contract.ROUTE], **values)
        if mode is not None:
            packed['Mode'] = GLib.Variant('s', mode)
        return Route(self.client, self.call('AddRoute', '(a{sv})', packed))

    def route_to(self, destination, **options):
        packed = settings([contract.ROUTE], **options)
        return self.call('GetRouteTo', '(sa{sv})', destination, packed)

    def objects(self):
        return self.client.managed(self.path)

    def having(self, interface, **values):
        """The paths of the objects whose properties have these values."""
        return [path for path, interfaces in self.objects().items()
                if interface in interfaces
                and all(interfaces[interface].get(k) == v for k, v in values.items())]

    def addresses(self, **values):
        return [Address(self.client, p) for p in self.having(contract.ADDRESS, **values)]

    def routes(self, **values):
        return [Route(self.client, p) for p in self.having(contract.ROUTE, **values)]


class Link(Thing):
    interface = contract.LINK

    def set(self, **values):
        interfaces = []
        if not values.keys() <= contract.properties_of(contract.LINK).keys():
            cases = kinds.find(self.get('Kind'), False), kinds.find(self.get('SlaveKind'), True)
            interfaces = [case.interface for case in cases if case]
        self.call('Set', '(a{sv})', link_settings(interfaces, **values))

    def add_address(self, address, **values):
        packed = settings([contract.ADDRESS], **values)
        return Address(self.client, self.call('AddAddress', '(sa{sv})', address, packed))

    def move(self, namespace, **options):
        path = self.call('MoveTo', '(oa{sv})', namespace.path, settings([contract.LINK], **options))
        return Link(self.client, path)

    def delete(self):
        self.call('Delete')

    def namespace(self):
        return Namespace(self.client, self.path.rpartition('/link/')[0])


class Address(Thing):
    interface = contract.ADDRESS

    def set(self, **values):
        self.call('Set', '(a{sv})', settings([contract.ADDRESS], **values))

    def delete(self):
        self.call('Delete')


class Route(Thing):
    interface = contract.ROUTE

    def delete(self):
        self.call('Delete')
