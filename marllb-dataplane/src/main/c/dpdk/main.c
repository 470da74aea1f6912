// SPDX-License-Identifier: Apache-2.0
/*
 * marllb-dpdk: the packet path as a DPDK program. Every core that EAL is given runs one balancer to completion on its own pair of queues; a thread
 * beside them speaks with the controller through shared memory.
 */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <rte_cpuflags.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "balancer.h"
#include "config.h"
#include "control.h"
#include "loop.h"
#include "port.h"
#include "shm.h"

#define EXIT_BAD_INPUT 2
#define OUTGOING 256 /* requests for MAC addresses under way: one per server slot */
#define CONTROL_INTERVAL_NANOS UINT64_C(250000000)
#define NANOS_PER_SECOND UINT64_C(1000000000)

static const char USAGE[] =
	"Usage: marllb-dpdk [EAL options] -- --config FILE [options]\n"
	"\n"
	"  --config FILE     the configuration; see example.conf\n"
	"  --interval MS     control interval that the controller keeps (default: 250)\n"
	"  --no-features     do not sample completion times and ages\n"
	"  --isa LEVEL       instruction set of the fast path, 2, 3 or 4 (default: the best there is)\n"
	"  --check           read the configuration, say what is wrong with it, and end\n"
	"  --help\n"
	"\n"
	"Example, without hugepages, on a veth device:\n"
	"  marllb-dpdk --no-huge -m 256 --no-pci -l 0 --vdev net_af_packet0,iface=eth0 -- --config lb.conf\n"
	"\n"
	"Unless told otherwise, EAL runs with --in-memory, --no-telemetry and --log-level=warning: it leaves no files, and\n"
	"programs of this kind run beside each other.\n"
	"\n"
	"Ends on SIGINT or SIGTERM. Exit codes: 0 ended, 1 could not go on, 2 bad input.\n";

struct options {
	const char *config;
	uint64_t interval_nanos;
	unsigned isa;
	bool features;
	bool check;
};

/* Everything that is set up, so that it can be taken down in the reverse order from any point. */
struct program {
	struct options options;
	struct marllb_config config;
	struct marllb_port port;
	bool port_open;
	struct marllb_shm shm;
	struct marllb_pool *pool;
	struct marllb_balancer *balancers[RTE_MAX_LCORE]; /* [core], dense */
	uint32_t cores;
	struct marllb_loop loops[RTE_MAX_LCORE]; /* [lcore] */
	struct rte_ring *outgoing;
	struct marllb_control *control;
};

static _Atomic bool stop;

static void
on_signal(int unused)
{
	(void)unused;
	atomic_store(&stop, true);
}

static uint64_t
monotonic_nanos(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NANOS_PER_SECOND + (uint64_t)t.tv_nsec;
}

static bool
parse_number(const char *text, unsigned long least, unsigned long most, unsigned long *value)
{
	char *end;

	*value = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && *value >= least && *value <= most;
}

/* Returns -1 to go on, or an exit code. */
static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "config", required_argument, NULL, 'c' }, { "interval", required_argument, NULL, 'i' },
		{ "no-features", no_argument, NULL, 'f' },  { "isa", required_argument, NULL, 'l' },
		{ "check", no_argument, NULL, 'k' },	    { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long number;
	int option;

	*o = (struct options){ .interval_nanos = CONTROL_INTERVAL_NANOS, .isa = MARLLB_ISA_BEST, .features = true };
	optind = 1;
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			o->config = optarg;
			break;
		case 'i':
			if (!parse_number(optarg, 1, 60000, &number)) {
				fprintf(stderr, "marllb-dpdk: --interval must be in 1..60000 milliseconds, but was '%s'\n", optarg);
				return EXIT_BAD_INPUT;
			}
			o->interval_nanos = number * 1000000u;
			break;
		case 'f':
			o->features = false;
			break;
		case 'l':
			if (!parse_number(optarg, 2, 4, &number)) {
				fprintf(stderr, "marllb-dpdk: --isa must be 2, 3 or 4, but was '%s'\n", optarg);
				return EXIT_BAD_INPUT;
			}
			o->isa = (unsigned)number;
			break;
		case 'k':
			o->check = true;
			break;
		case 'h':
			fputs(USAGE, stdout);
			return 0;
		default:
			fputs("marllb-dpdk: see marllb-dpdk --help\n", stderr);
			return EXIT_BAD_INPUT;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "marllb-dpdk: unexpected argument '%s'; EAL's options go before --\n", argv[optind]);
		return EXIT_BAD_INPUT;
	}
	if (o->config == NULL) {
		fputs("marllb-dpdk: --config FILE is needed, behind --; see marllb-dpdk --help\n", stderr);
		return EXIT_BAD_INPUT;
	}
	return -1;
}

static bool
read_config(const char *path, struct marllb_config *config)
{
	struct marllb_config_errors errors;

	if (marllb_config_read(path, config, &errors))
		return true;
	for (unsigned i = 0; i < errors.count; i++)
		fprintf(stderr, "marllb-dpdk: %s\n", errors.text[i]);
	return false;
}

/* Requests for MAC addresses go out through the first core, whose queue is nobody else's. */
static void
send_request(void *context, const uint8_t *frame, uint32_t length)
{
	struct program *p = context;
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->port.pool);
	char *data;

	if (m == NULL)
		return; /* asked again soon */
	data = rte_pktmbuf_append(m, (uint16_t)length);
	if (data == NULL) {
		rte_pktmbuf_free(m);
		return;
	}
	memcpy(data, frame, length);
	if (rte_ring_sp_enqueue(p->outgoing, m) != 0)
		rte_pktmbuf_free(m);
}

static bool
create_balancers(struct program *p)
{
	size_t bytes = marllb_balancer_bytes(&p->config);
	unsigned lcore;

	p->pool = rte_zmalloc("pool", sizeof(*p->pool), 64);
	p->outgoing = rte_ring_create("outgoing", OUTGOING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (p->pool == NULL || p->outgoing == NULL) {
		fprintf(stderr, "marllb-dpdk: no memory (%s); give EAL more, such as -m 512\n", rte_strerror(rte_errno));
		return false;
	}
	RTE_LCORE_FOREACH(lcore) {
		const struct marllb_balancer_options options = { .isa = p->options.isa,
								 .seed = p->cores + 1,
								 .hash_seed = p->config.hash_seed,
								 .features = p->options.features,
								 .one_way = rte_lcore_count() > 1 };
		const char *reason = NULL;
		void *memory = rte_zmalloc_socket("balancer", bytes, 64, (int)rte_lcore_to_socket_id(lcore));
		struct marllb_balancer *b;

		if (memory == NULL) {
			fprintf(stderr,
				"marllb-dpdk: no memory for a table of %u flows on core %u (%zu MB); give EAL more (-m), or make "
				"[flows] size smaller\n",
				p->config.flows, lcore, bytes >> 20);
			return false;
		}
		b = marllb_balancer_create(memory, &p->config, p->pool, &options, &reason);
		if (b == NULL) {
			fprintf(stderr, "marllb-dpdk: %s\n", reason);
			rte_free(memory);
			return false;
		}
		p->loops[lcore] = (struct marllb_loop){ .balancer = b,
							.outgoing = p->cores == 0 ? p->outgoing : NULL,
							.stop = &stop,
							.port = p->port.id,
							.queue = (uint16_t)p->cores,
							.sleeps = p->config.idle == MARLLB_IDLE_SLEEP ||
								  (p->config.idle == MARLLB_IDLE_AUTO && p->port.virtual) };
		p->balancers[p->cores++] = b;
	}
	return true;
}

static bool
create_control(struct program *p)
{
	struct marllb_control_setup setup = { .config = &p->config,
					      .shm = &p->shm,
					      .pool = p->pool,
					      .balancers = p->balancers,
					      .cores = p->cores,
					      .interval_nanos = p->options.interval_nanos,
					      .send = send_request,
					      .context = p };
	const struct marllb_shm_spec spec = { .servers = p->config.slots,
					      .cores = p->cores,
					      .balancers = p->config.balancers,
					      .interval_nanos = p->options.interval_nanos };
	char error[MARLLB_SHM_ERROR_SIZE];

	if (marllb_shm_create(&p->shm, p->config.segment, &spec, error) != 0) {
		fprintf(stderr, "marllb-dpdk: %s\n", error);
		return false;
	}
	p->control = marllb_control_create(&setup, monotonic_nanos());
	if (p->control == NULL)
		fputs("marllb-dpdk: no memory for the control\n", stderr);
	return p->control != NULL;
}

static bool
set_up(struct program *p)
{
	char error[MARLLB_PORT_ERROR];

	if (!marllb_port_open(&p->port, &p->config, rte_lcore_count(), error)) {
		fprintf(stderr, "marllb-dpdk: %s\n", error);
		return false;
	}
	p->port_open = true;
	if (!p->config.has_mac)
		memcpy(p->config.mac, p->port.mac, sizeof(p->config.mac));
	return create_balancers(p) && create_control(p);
}

static void
take_down(struct program *p)
{
	struct rte_mbuf *m = NULL;

	marllb_control_destroy(p->control);
	marllb_shm_close(&p->shm);
	while (p->outgoing != NULL && rte_ring_sc_dequeue(p->outgoing, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	for (uint32_t i = 0; i < p->cores; i++) {
		marllb_balancer_destroy(p->balancers[i]);
		rte_free(p->balancers[i]);
	}
	rte_ring_free(p->outgoing);
	rte_free(p->pool);
	if (p->port_open)
		marllb_port_close(&p->port);
}

static void *
run_control(void *argument)
{
	struct program *p = argument;

	prctl(PR_SET_NAME, "marllb-control");
	while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
		uint64_t nanos = marllb_control_tick(p->control, monotonic_nanos());
		const struct timespec pause = { (time_t)(nanos / NANOS_PER_SECOND), (long)(nanos % NANOS_PER_SECOND) };

		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void
print_end(const struct program *p)
{
	const struct marllb_msg_out *out = marllb_control_published(p->control);
	uint64_t drops = 0;

	for (int i = 0; i < MARLLB_DROPS; i++)
		drops += out->drops[i];
	printf("marllb-dpdk: ended: received=%" PRIu64 " sent=%" PRIu64 " dropped=%" PRIu64 " flows=%" PRIu64 "\n",
	       out->rx_packets, out->tx_packets, drops, out->flows);
}

static int
run(struct program *p)
{
	pthread_t control;
	int rc;

	printf("marllb-dpdk: ready: cores=%u isa=%s idle=%s segment=%s servers=%u vips=%u\n", p->cores,
	       marllb_balancer_isa(p->balancers[0]), p->loops[rte_get_main_lcore()].sleeps ? "sleep" : "poll", p->config.segment, p->config.servers,
	       p->config.vips);
	fflush(stdout);
	rc = rte_ctrl_thread_create(&control, "marllb-control", NULL, run_control, p);
	if (rc != 0) {
		fprintf(stderr, "marllb-dpdk: the control thread can't be started: %s\n", rte_strerror(-rc));
		return EXIT_FAILURE;
	}
	rte_eal_mp_remote_launch(marllb_loop_run, p->loops, CALL_MAIN);
	rte_eal_mp_wait_lcore();
	pthread_join(control, NULL);
	print_end(p);
	return EXIT_SUCCESS;
}

/* Options before -- are EAL's. A help that is asked for without it is ours. */
static int
early_exit(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(USAGE, stdout);
			return 0;
		}
		if (strcmp(argv[i], "--config") == 0 || strcmp(argv[i], "--check") == 0) {
			fprintf(stderr, "marllb-dpdk: %s belongs behind --, after EAL's options; see marllb-dpdk --help\n", argv[i]);
			return EXIT_BAD_INPUT;
		}
	}
	return -1;
}

/* Reads our own arguments and the file, before EAL touches anything. Returns -1 to go on, or an exit code. */
static int
read_input(int argc, char **argv, struct program *p)
{
	int first = 1;
	int rc = early_exit(argc, argv);

	if (rc >= 0)
		return rc;
	while (first < argc && strcmp(argv[first], "--") != 0)
		first++;
	if (first == argc)
		first = argc - 1; /* no arguments of ours: the message says what is missing */
	rc = parse_options(argc - first, argv + first, &p->options);
	if (rc >= 0)
		return rc;
	if (!read_config(p->options.config, &p->config))
		return EXIT_BAD_INPUT;
	if (p->options.check) {
		printf("%s: %u VIPs, %u servers: no error\n", p->options.config, p->config.vips, p->config.servers);
		return EXIT_SUCCESS;
	}
	return -1;
}

/* Whether one of EAL's options, which end at --, is this one, with or without =VALUE. */
static bool
eal_has(int argc, char **argv, const char *option)
{
	size_t length = strlen(option);

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], option, length) == 0 && (argv[i][length] == '\0' || argv[i][length] == '='))
			return true;
	return false;
}

/*
 * Starts EAL with what the user gave, behind defaults of ours under which nothing is left behind: no files to share with other processes, since there
 * are none that this program could share with, and no socket for telemetry.
 */
static bool
start_eal(int argc, char **argv)
{
	/* Contradict --in-memory, or ask for files. */
	static const char *const other_memory[] = { "--no-huge",   "--in-memory",    "--huge-dir", "--huge-unlink",
						    "--no-shconf", "--legacy-mem", "--proc-type" };
	char **all = calloc((size_t)argc + 4, sizeof(*all));
	bool own_memory = true;
	int count = 0;
	int rc;

	if (all == NULL)
		return false;
	for (size_t i = 0; i < RTE_DIM(other_memory); i++)
		own_memory = own_memory && !eal_has(argc, argv, other_memory[i]);
	all[count++] = argv[0];
	all[count++] = "--no-telemetry";
	if (own_memory)
		all[count++] = "--in-memory";
	else if (eal_has(argc, argv, "--no-huge"))
		all[count++] = "--no-shconf";
	if (!eal_has(argc, argv, "--log-level"))
		all[count++] = "--log-level=warning";
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		all[count++] = argv[i];
	optind = 1;
	rc = rte_eal_init(count, all);
	free(all);
	if (rc < 0)
		fprintf(stderr,
			"marllb-dpdk: DPDK can't start: %s; what it said itself stands above. Without hugepages: --no-huge -m 256. "
			"With them: write a number to /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages. Without root: also set "
			"XDG_RUNTIME_DIR (in a user namespace RUNTIME_DIRECTORY) to a folder of yours\n",
			rte_strerror(rte_errno));
	return rc >= 0;
}

int
main(int argc, char **argv)
{
	static struct program p;
	const struct sigaction ends = { .sa_handler = on_signal };
	int rc = read_input(argc, argv, &p);

	if (rc >= 0)
		return rc;
	/* From here on there is something to take down. */
	sigaction(SIGINT, &ends, NULL);
	sigaction(SIGTERM, &ends, NULL);
	rc = EXIT_BAD_INPUT;
	if (start_eal(argc, argv)) {
		if (set_up(&p))
			rc = run(&p);
		take_down(&p);
		rte_eal_cleanup();
	}
	rmdir(rte_eal_get_runtime_dir()); /* empty, unless files were asked for */
	return rc;
}
