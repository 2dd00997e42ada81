"""The types of the API, read from its normative form: the XML files under introspection/."""

import functools
import pathlib
import re
import xml.etree.ElementTree as ElementTree

from gi.repository import GLib

TOP = pathlib.Path(__file__).resolve().parents[3]
BUS_NAME = 'org.netnsd1'
MANAGER_PATH = '/org/netnsd1'
MANAGER = 'org.netnsd1.Manager'
NAMESPACE = 'org.netnsd1.Namespace'
LINK = 'org.netnsd1.Link'
ADDRESS = 'org.netnsd1.Address'
ROUTE = 'org.netnsd1.Route'
PROPERTIES = 'org.freedesktop.DBus.Properties'
OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager'
PEER = 'org.freedesktop.DBus.Peer'
INTROSPECTABLE = 'org.freedesktop.DBus.Introspectable'

ERROR = 'org.netnsd1.Error.'
INVALID_ARGS = 'org.freedesktop.DBus.Error.InvalidArgs'
ACCESS_DENIED = 'org.freedesktop.DBus.Error.AccessDenied'
UNKNOWN_OBJECT = 'org.freedesktop.DBus.Error.UnknownObject'
UNKNOWN_METHOD = 'org.freedesktop.DBus.Error.UnknownMethod'
UNKNOWN_INTERFACE = 'org.freedesktop.DBus.Error.UnknownInterface'
UNKNOWN_PROPERTY = 'org.freedesktop.DBus.Error.UnknownProperty'
READ_ONLY = 'org.freedesktop.DBus.Error.PropertyReadOnly'
INTERACTION = 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired'
NO_REPLY = 'org.freedesktop.DBus.Error.NoReply'
NOT_FOUND = ERROR + 'NotFound'
EXISTS = ERROR + 'Exists'
BUSY = ERROR + 'Busy'
NOT_SUPPORTED = ERROR + 'NotSupported'
UNREACHABLE = ERROR + 'Unreachable'
GONE = ERROR + 'Gone'
DISMISSED = ERROR + 'NotAuthorized.Dismissed'

# Keys of a{sv} arguments that are no property of anything.
OPTIONS = {
    'Exclusive': 'b', 'LoopbackUp': 'b', 'Peer': 'a{sv}', 'PeerNamespace': 'o', 'Replace': 'b',
    'OutputLink': 'o', 'InputLink': 'o', 'Mark': 'u', 'Uid': 'u', 'SourcePort': 'q',
    'DestinationPort': 'q'}


def interface_files():
    return sorted((TOP / 'introspection').glob('org.netnsd1.*.xml'))


def read_interfaces():
    """{interface: its element}, from the files of the tree."""
    elements = {}
    for path in interface_files():
        for element in ElementTree.parse(path).getroot().iter('interface'):
            elements[element.get('name')] = element
    return elements


INTERFACES = read_interfaces()
# The interfaces that only links of some kind or role have, and a constant for each: BRIDGE_PORT.
KIND_INTERFACES = [name for name in INTERFACES if name.startswith(f'{LINK}.')]
globals().update({re.sub('(?<=[a-z0-9])(?=[A-Z])', '_', name.removeprefix(f'{LINK}.')).upper(): name
                  for name in KIND_INTERFACES})


@functools.cache
def properties_of(interface):
    """{property: (type, access)} of an interface."""
    return {element.get('name'): (element.get('type'), element.get('access'))
            for element in INTERFACES[interface].iter('property')}


def types_of(interface, access=('read', 'readwrite')):
    """{property: type} of an interface."""
    return {name: kind for name, (kind, its_access) in properties_of(interface).items()
            if its_access in access}


NAMESPACE_PROPERTIES = types_of(NAMESPACE)
LINK_WRITABLE = types_of(LINK, ['readwrite'])
LINK_READ_ONLY = types_of(LINK, ['read'])
ADDRESS_PROPERTIES = types_of(ADDRESS)
ROUTE_PROPERTIES = types_of(ROUTE)


@functools.cache
def silent_properties(interface):
    """The properties that change without a signal."""
    return {element.get('name') for element in INTERFACES[interface].iter('property')
            if any(note.get('name').endswith('EmitsChangedSignal')
                   and note.get('value') == 'false'
                   for note in element.iter('annotation'))}


def key_type(key, interfaces=()):
    """The type of a key: that of the first of the interfaces that has such a property."""
    for interface in interfaces:
        properties = properties_of(interface) if interface in INTERFACES else {}
        if key in properties:
            return properties[key][0]
    return OPTIONS[key]


def settings(interfaces, **values):
    """An a{sv} whose values have the types of the contract; a GLib.Variant stays what it is."""
    packed = {}
    for key, value in values.items():
        if not isinstance(value, GLib.Variant):
            signature = key_type(key, interfaces)
            if signature == 'a{sv}':
                value = {name: item if isinstance(item, GLib.Variant)
                         else settings(interfaces, **{name: item})[name]
                         for name, item in value.items()}
            value = GLib.Variant(signature, value)
        packed[key] = value
    return packed


def link_settings(interfaces=(), **values):
    """Settings of CreateLink and Link.Set; `interfaces` are those of the kind, where it matters.

    `Peer` is the dictionary of a pair here, not the property.
    """
    if isinstance(values.get('Peer'), dict):
        values['Peer'] = GLib.Variant('a{sv}', link_settings(**values['Peer']))
    return settings([LINK, *interfaces, *KIND_INTERFACES], **values)
