"""Ports of bonds."""

from support.kinds import Kind, Row

AD = {'Master': '@b1'}


def ad(key):
    """Printed in the mode 802.3ad."""
    return lambda data, world: data.get(key, 0)


KIND = Kind(
    interface='BondPort', kinds=('bond',), slave=True,
    enum='IFLA_BOND_SLAVE_',
    prepare=('link add b0 type bond mode active-backup', 'link add b1 type bond mode 802.3ad'),
    create={'Master': '@b0'},
    rows=[
        Row('State', 'state'),
        Row('MiiStatus', 'mii_status'),
        Row('LinkFailureCount', 'link_failure_count'),
        Row('PermHwaddr', 'perm_hwaddr'),
        # The kernel says EPERM for a bad one, and nothing else.
        Row('QueueId', 'queue_id', change=[1, 16, 0], ip=['queue_id 3']),
        Row('AdAggregatorId', ad('ad_aggregator_id'), needs=AD),
        Row('AdActorOperPortState', ad('ad_actor_oper_port_state'), needs=AD),
        Row('AdPartnerOperPortState', ad('ad_partner_oper_port_state'), needs=AD),
        Row('Prio', 'prio', change=[1, -1, 2147483647, -2147483648, 0], ip=['prio 9'],
            optional=True),
        Row('ActorPortPrio', change=[1, 65535, 0], needs=AD, optional=True),
        Row('AdChurnActorState', needs=AD, optional=True),
        Row('AdChurnPartnerState', needs=AD, optional=True),
    ])
