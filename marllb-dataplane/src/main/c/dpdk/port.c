// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "port.h"

#define RX_SLOTS 1024 /* a queue: 70 us at 15 Mpps, the longest time a core may be away */
#define TX_SLOTS 1024
#define POOL_CACHE 256	  /* buffers that a core keeps for itself */
#define POOL_SPARE 2048	  /* under way in bursts and in the caches */
#define LONGEST_HEADER 22 /* Ethernet with two VLAN tags */

/* Flows stay on one core where the device spreads packets by addresses and ports. */
#define RSS_FIELDS (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP)

/* A device that the command line names, or NULL. */
static const struct rte_devargs *
named_device(void)
{
	const struct rte_devargs *vdev = rte_devargs_next("vdev", NULL);
	const struct rte_devargs *pci = rte_devargs_next("pci", NULL);

	if (vdev != NULL)
		return vdev;
	return pci != NULL && pci->policy == RTE_DEV_ALLOWED ? pci : NULL;
}

static bool
find_port(struct marllb_port *port, char error[MARLLB_PORT_ERROR])
{
	unsigned found = rte_eth_dev_count_avail();
	const struct rte_devargs *named = named_device();

	if (found == 1) {
		port->id = (uint16_t)rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER);
		return true;
	}
	if (found == 0 && named != NULL)
		snprintf(error, MARLLB_PORT_ERROR,
			 "DPDK can't open %s%s%s; what it said itself stands above. Is there such an interface (ip link), is it "
			 "free, and may this user open it (root, or CAP_NET_RAW and CAP_NET_ADMIN)?",
			 named->name, named->args != NULL && named->args[0] != '\0' ? "," : "",
			 named->args != NULL ? named->args : "");
	else if (found == 0)
		snprintf(error, MARLLB_PORT_ERROR,
			 "DPDK found no device; name one, such as --vdev net_af_packet0,iface=eth1, or bind a NIC "
			 "to vfio-pci and allow it with -a ADDRESS");
	else
		snprintf(error, MARLLB_PORT_ERROR,
			 "DPDK found %u devices, one is needed; allow only that one with -a ADDRESS, or use "
			 "--no-pci with a --vdev",
			 found);
	return false;
}

static bool
configure(struct marllb_port *port, const struct marllb_config *config, const struct rte_eth_dev_info *info,
	  char error[MARLLB_PORT_ERROR])
{
	struct rte_eth_conf conf = { .rxmode.mq_mode = RTE_ETH_MQ_RX_NONE };
	uint16_t rx_slots = RX_SLOTS;
	uint16_t tx_slots = TX_SLOTS;
	int rc;

	if (port->queues > 1) {
		conf.rx_adv_conf.rss_conf.rss_hf = RSS_FIELDS & info->flow_type_rss_offloads;
		if (conf.rx_adv_conf.rss_conf.rss_hf != 0)
			conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	if (config->mtu < info->min_mtu || config->mtu > info->max_mtu) {
		snprintf(error, MARLLB_PORT_ERROR, "device %s (%s) takes an MTU from %u to %u; correct mtu in [port], which is %u",
			 rte_dev_name(info->device), info->driver_name, info->min_mtu, info->max_mtu, config->mtu);
		return false;
	}
	conf.rxmode.mtu = config->mtu;
	rc = rte_eth_dev_configure(port->id, port->queues, port->queues, &conf);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx_slots, &tx_slots);
	for (uint16_t q = 0; rc == 0 && q < port->queues; q++) {
		rc = rte_eth_rx_queue_setup(port->id, q, rx_slots, SOCKET_ID_ANY, NULL, port->pool);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(port->id, q, tx_slots, SOCKET_ID_ANY, NULL);
	}
	if (rc == 0)
		rc = rte_eth_dev_start(port->id);
	if (rc != 0) {
		snprintf(error, MARLLB_PORT_ERROR, "device %s (%s) can't be set up with %u queues and an MTU of %u: %s",
			 rte_dev_name(info->device), info->driver_name, port->queues, config->mtu, rte_strerror(-rc));
		return false;
	}
	/* VIPs need not be addresses of the device; one that cannot do this receives everything anyway. */
	rte_eth_promiscuous_enable(port->id);
	rte_eth_allmulticast_enable(port->id);
	return true;
}

bool
marllb_port_open(struct marllb_port *port, const struct marllb_config *config, unsigned queues,
		 char error[MARLLB_PORT_ERROR])
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	unsigned buffers = queues * (RX_SLOTS + TX_SLOTS + POOL_CACHE) + POOL_SPARE;
	uint32_t room = RTE_PKTMBUF_HEADROOM + LONGEST_HEADER + config->mtu;
	int rc;

	memset(port, 0, sizeof(*port));
	if (!find_port(port, error))
		return false;
	rc = rte_eth_dev_info_get(port->id, &info);
	if (rc != 0) {
		snprintf(error, MARLLB_PORT_ERROR, "port %u tells nothing of itself: %s", port->id, rte_strerror(-rc));
		return false;
	}
	port->queues = (uint16_t)queues;
	port->virtual = strncmp(info.driver_name, "net_", 4) == 0 &&
			rte_eth_dev_socket_id(port->id) <= 0 && strchr(rte_dev_name(info.device), ':') == NULL;
	if (info.max_rx_queues < queues || info.max_tx_queues < queues) {
		snprintf(error, MARLLB_PORT_ERROR,
			 "device %s (%s) has %u receive and %u transmit queues, but there are %u cores, and each needs "
			 "one of both; start with fewer cores (-l)",
			 rte_dev_name(info.device), info.driver_name, info.max_rx_queues, info.max_tx_queues, queues);
		return false;
	}
	if (room < RTE_MBUF_DEFAULT_BUF_SIZE)
		room = RTE_MBUF_DEFAULT_BUF_SIZE;
	port->pool = rte_pktmbuf_pool_create("packets", buffers, POOL_CACHE, 0, (uint16_t)room,
					     rte_eth_dev_socket_id(port->id));
	if (port->pool == NULL) {
		snprintf(error, MARLLB_PORT_ERROR,
			 "no memory for %u packet buffers of %u bytes (%s); give EAL more, such as -m 512", buffers, room,
			 rte_strerror(rte_errno));
		return false;
	}
	if (!configure(port, config, &info, error))
		return false;
	if (rte_eth_macaddr_get(port->id, &mac) == 0)
		memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	return true;
}

void
marllb_port_close(struct marllb_port *port)
{
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
	rte_mempool_free(port->pool);
	port->pool = NULL;
}
