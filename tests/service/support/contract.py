"""The types of the API, read from its normative form: the XML files under introspection/."""

import pathlib
import xml.etree.ElementTree as ElementTree

from gi.repository import GLib

TOP = pathlib.Path(__file__).resolve().parents[3]
BUS_NAME = 'org.netnsd1'
MANAGER_PATH = '/org/netnsd1'
MANAGER = 'org.netnsd1.Manager'
NAMESPACE = 'org.netnsd1.Namespace'
LINK = 'org.netnsd1.Link'
BRIDGE = 'org.netnsd1.Link.Bridge'
BRIDGE_PORT = 'org.netnsd1.Link.BridgePort'
VETH = 'org.netnsd1.Link.Veth'
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

NAMESPACE_PROPERTIES = {
    'Names': 'as', 'Id': 't', 'Inode': 't', 'Host': 'b', 'OwnerUid': 'u', 'RoutesExported': 'b',
    'RouteCount': 't'}
LINK_WRITABLE = {
    'Name': 's', 'Up': 'b', 'Mtu': 'u', 'MacAddress': 's', 'Broadcast': 's', 'TxQueueLength': 'u',
    'Alias': 's', 'Group': 'u', 'Master': 'o', 'Promiscuous': 'b', 'AllMulticast': 'b',
    'Multicast': 'b', 'Arp': 'b', 'Dynamic': 'b', 'Carrier': 'b', 'ProtoDown': 'b',
    'LinkMode': 's', 'IPv6AddressGenerationMode': 's', 'GsoMaxSize': 'u', 'GsoMaxSegments': 'u',
    'GroMaxSize': 'u'}
LINK_READ_ONLY = {
    'Index': 'i', 'Kind': 's', 'Type': 's', 'Flags': 'as', 'OperState': 's',
    'PermanentMacAddress': 's', 'AlternativeNames': 'as', 'Parent': 'o', 'Peer': 'o',
    'Qdisc': 's', 'MinMtu': 'u', 'MaxMtu': 'u', 'TxQueues': 'u', 'RxQueues': 'u',
    'CarrierChanges': 'u', 'ParentDeviceName': 's', 'ParentDeviceBus': 's', 'SlaveKind': 's',
    'NetnsImmutable': 'b'}
ADDRESS_PROPERTIES = {
    'Address': 's', 'Family': 's', 'Link': 'o', 'Local': 's', 'PrefixLength': 'y', 'Peer': 's',
    'Broadcast': 's', 'Label': 's', 'Scope': 's', 'Flags': 'as', 'ValidLifetime': 'u',
    'PreferredLifetime': 'u', 'Metric': 'u', 'Protocol': 's'}
ROUTE_PROPERTIES = {
    'Destination': 's', 'Family': 's', 'Source': 's', 'Gateway': 's', 'Link': 'o',
    'PreferredSource': 's', 'Table': 'u', 'Protocol': 's', 'Scope': 's', 'Type': 's',
    'Metric': 'u', 'Tos': 'y', 'Flags': 'as', 'Metrics': 'a{su}', 'NextHops': 'aa{sv}',
    'NextHopId': 'u', 'Encapsulation': 'a{sv}', 'Preference': 's', 'Expires': 'u'}

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


def properties_of(interface):
    """{property: (type, access)} of an interface."""
    return {element.get('name'): (element.get('type'), element.get('access'))
            for element in INTERFACES[interface].iter('property')}


def silent_properties(interface):
    """The properties that change without a signal."""
    return {element.get('name') for element in INTERFACES[interface].iter('property')
            if any(note.get('name').endswith('EmitsChangedSignal') and note.get('value') != 'true'
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


def link_settings(**values):
    """Settings of CreateLink and Link.Set.  `Peer` is veth's dictionary here, not the property."""
    if isinstance(values.get('Peer'), dict):
        values['Peer'] = GLib.Variant('a{sv}', link_settings(**values['Peer']))
    return settings([LINK, BRIDGE, BRIDGE_PORT], **values)
