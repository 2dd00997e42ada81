"""VLANs."""

from support.kinds import Kind, Row


def flag(word):
    return lambda data, world: word in data.get('flags', [])


def mappings(key):
    """A map is absent from ip's data while it is empty."""
    return lambda data, world: {entry['from']: entry['to'] for entry in data.get(key, [])}


KIND = Kind(
    interface='Vlan', kinds=('vlan',),
    enum='IFLA_VLAN_',
    left_out={'IFLA_VLAN_QOS_MAPPING': 'an entry of the two maps'},
    prepare=('link add p0 type veth peer name p1',),
    create={'Parent': '@p0', 'Id': 5},
    rows=[
        Row('Id', 'id', create=[0, 1, 4094], bad=[4095, 65535]),
        Row('Protocol', 'protocol', create=['802.1ad', '802.1Q'], bad=['nonsense']),
        Row('ReorderHdr', flag('REORDER_HDR'), create=[False, True], change=[False, True],
            ip=['reorder_hdr off']),
        Row('Gvrp', flag('GVRP'), create=[True], change=[True, False], ip=['gvrp on']),
        Row('LooseBinding', flag('LOOSE_BINDING'), create=[True], change=[True, False],
            ip=['loose_binding on']),
        Row('Mvrp', flag('MVRP'), create=[True], change=[True, False], ip=['mvrp on']),
        Row('BridgeBinding', flag('BRIDGE_BINDING'), create=[True], change=[True, False],
            ip=['bridge_binding on']),
        Row('IngressQos', mappings('ingress_qos'),
            create=[{}, {0: 7}, {1: 5, 7: 4294967295}],
            change=[{1: 5, 2: 6}, {2: 9}, {0: 1, 7: 2}, {}],
            bad=[{8: 1}, {4294967295: 1}], ip=['ingress-qos-map 3:4 5:6']),
        Row('EgressQos', mappings('egress_qos'),
            create=[{}, {0: 7}, {1: 5, 17: 6, 4294967295: 1}],
            change=[{1: 5, 17: 6, 4294967295: 1}, {17: 2}, {0: 1, 33: 7}, {}],
            bad=[{1: 8}, {1: 4294967295}], ip=['egress-qos-map 3:4 19:6']),
    ])
