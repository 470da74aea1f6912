/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The DPDK program as its users start it, without hugepages and without a card: captures through
 * net_pcap byte by byte, its own requests through net_ring, what it says of bad input, and that
 * nothing of it is left, however it ends. Argument: the program.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "pcap.h"
#include "shm.h"

#define PATIENCE_NANOS UINT64_C(60000000000) /* for a start on a busy machine */
#define LOOK_NANOS 2000000		     /* between two looks at what is awaited */
#define ARGUMENTS 32
#define FRAME_BYTES 2048
#define BAD_INPUT 2

static const char *program;
static char folder[] = "/tmp/marllb-program-XXXXXX";
static char segment[64], config[64], sent[64], runtime[64], logs[64];
static char said[1 << 16];
static int cpu[2] = { -1, -1 }; /* that we may use */

static uint64_t
now_nanos(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void
pause_shortly(void)
{
	const struct timespec look = { 0, LOOK_NANOS };

	nanosleep(&look, NULL);
}

static int
make_folder(void **state)
{
	cpu_set_t ours;
	int found = 0;

	(void)state;
	if (mkdtemp(folder) == NULL || sched_getaffinity(0, sizeof(ours), &ours) != 0)
		return -1;
	for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
		if (CPU_ISSET(i, &ours))
			cpu[found++] = i;
	snprintf(segment, sizeof(segment), "%s/segment", folder);
	snprintf(config, sizeof(config), "%s/lb.conf", folder);
	snprintf(sent, sizeof(sent), "%s/sent.pcap", folder);
	snprintf(logs, sizeof(logs), "%s/log", folder);
	snprintf(runtime, sizeof(runtime), "%s/run", folder);
	/* Where EAL keeps what it shares. */
	return mkdir(runtime, 0700) == 0 && setenv("RUNTIME_DIRECTORY", runtime, 1) == 0 ? 0 : -1;
}

/* Names in a folder but "dpdk", which EAL makes for all its programs. */
static unsigned
files_in(const char *path)
{
	DIR *files = opendir(path);
	struct dirent *entry;
	unsigned count = 0;

	while (files != NULL && (entry = readdir(files)) != NULL)
		count += entry->d_name[0] != '.' && strcmp(entry->d_name, "dpdk") != 0;
	if (files != NULL)
		closedir(files);
	return count;
}

static int
remove_folder(void **state)
{
	char dpdk[80];

	(void)state;
	snprintf(dpdk, sizeof(dpdk), "%s/dpdk", runtime);
	unlink(config);
	unlink(sent);
	unlink(logs);
	unlink(segment);
	rmdir(dpdk);
	return rmdir(runtime) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void
write_config(const char *text)
{
	FILE *file = fopen(config, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* One VIP in this mode for all that the captures hold, one server, and all addresses of ours. */
static void
configure(int family, const char *mode, const char *server, const char *more)
{
	static const char *const services[] = { "port=80\nprotocol=tcp", "port=80\nprotocol=udp",
						"port=53\nprotocol=udp" };
	char text[2048];
	int used = 0;

	for (unsigned i = 0; i < 3; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "[vip]\naddress=%s\n%s\nmode=%s\n",
				 family == 4 ? "10.0.0.100" : "fd00::100", services[i], mode);
	snprintf(text + used, sizeof(text) - (size_t)used,
		 "[server]\naddress=%s\n%s"
		 "[port]\naddress=10.0.0.2/24\naddress6=fd00::2/64\nmac=02:00:00:00:00:02\n"
		 "[flows]\nsize=1024\n[control]\nslots=4\ninterval=5ms\nsegment=%s\n",
		 server, more, segment);
	write_config(text);
}

/* Starts the program with these arguments of EAL, a NULL behind the last, and our configuration. */
static pid_t
start(const char *cores, const char *const *eal)
{
	const char *arguments[ARGUMENTS] = { program, "--no-huge", "-m", "128", "--no-pci", "-l", cores };
	int count = 7;
	pid_t child;

	while (*eal != NULL && count < ARGUMENTS - 4)
		arguments[count++] = *eal++;
	arguments[count++] = "--";
	arguments[count++] = "--config";
	arguments[count++] = config;
	child = fork();
	if (child == 0) {
		int fd = open(logs, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execv(program, (char *const *)arguments);
		_exit(127);
	}
	assert_true(child > 0);
	return child;
}

static const char *
one_core(void)
{
	static char text[16];

	snprintf(text, sizeof(text), "%d", cpu[0]);
	return text;
}

static pid_t
start_on(const char *device)
{
	return start(one_core(), (const char *const[]){ "--vdev", device, NULL });
}

static const char *
what_it_said(void)
{
	int fd = open(logs, O_RDONLY);
	ssize_t length = fd < 0 ? 0 : read(fd, said, sizeof(said) - 1);

	said[length > 0 ? length : 0] = '\0';
	close(fd);
	return said;
}

/* How it ended, as waitpid has it. */
static int
await_end(pid_t child)
{
	uint64_t end = now_nanos() + PATIENCE_NANOS;
	int status = 0;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (now_nanos() > end) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			fail_msg("the program does not end; it said: %s", what_it_said());
		}
		pause_shortly();
	}
	return status;
}

/* Whether its segment, not one before, is there; then we are its controller. */
static bool
attached(pid_t child, struct marllb_shm *controller, char error[MARLLB_SHM_ERROR_SIZE])
{
	if (marllb_shm_attach(controller, segment, error) != 0)
		return false;
	if (controller->segment->header.dataplane_pid == (uint32_t)child)
		return true;
	marllb_shm_close(controller);
	return false;
}

/* Waits until its segment is there, and becomes its controller. */
static void
await_segment(pid_t child, struct marllb_shm *controller)
{
	uint64_t end = now_nanos() + PATIENCE_NANOS;
	char error[MARLLB_SHM_ERROR_SIZE] = "another's is there";
	int status;

	while (!attached(child, controller, error)) {
		check(waitpid(child, &status, WNOHANG) == 0, "the program ended with status %d; it said: %s",
		      status, what_it_said());
		if (now_nanos() > end) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			fail_msg("no segment (%s); the program said: %s", error, what_it_said());
		}
		pause_shortly();
	}
}

/* What it counted when it had received so many packets. */
static const struct marllb_msg_out *
await_packets(pid_t child, struct marllb_shm *controller, uint64_t packets)
{
	static struct marllb_msg_out out;
	uint64_t end = now_nanos() + PATIENCE_NANOS;

	memset(&out, 0, sizeof(out));
	while (out.rx_packets < packets && now_nanos() < end) {
		if (marllb_shm_read_out(controller, &out) != MARLLB_READING_FRESH)
			pause_shortly();
	}
	if (out.rx_packets < packets) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		fail_msg("%llu of %llu packets; the program said: %s", (unsigned long long)out.rx_packets,
			 (unsigned long long)packets, what_it_said());
	}
	return &out;
}

/* Asks it to end; it must do so well and leave neither a segment nor files of EAL's. */
static void
end_well(pid_t child, int signal)
{
	char dpdk[80];
	int status;

	kill(child, signal);
	status = await_end(child);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d; it said: %s", status, what_it_said());
	assert_int_equal(access(segment, F_OK), -1);
	snprintf(dpdk, sizeof(dpdk), "%s/dpdk", runtime);
	assert_int_equal(files_in(dpdk), 0);
}

static uint64_t
dropped(const struct marllb_msg_out *out)
{
	uint64_t sum = 0;

	for (int i = 0; i < MARLLB_DROPS; i++)
		sum += out->drops[i];
	return sum;
}

static unsigned
frames_of(const char *path)
{
	static uint8_t bytes[FRAME_BYTES];
	FILE *file = pcap_open(path);
	unsigned count = 0;
	uint32_t length;

	check(file != NULL, "%s is no capture", path);
	while (pcap_read(file, bytes, sizeof(bytes), &length))
		count++;
	fclose(file);
	return count;
}

static void
same_frames(const char *wanted, const char *got)
{
	static uint8_t a[FRAME_BYTES], b[FRAME_BYTES];
	FILE *first = pcap_open(wanted), *second = pcap_open(got);
	uint32_t length, other;
	unsigned frames = 0;

	check(first != NULL && second != NULL, "%s or %s is no capture", wanted, got);
	for (; pcap_read(first, a, sizeof(a), &length); frames++) {
		check(pcap_read(second, b, sizeof(b), &other), "%s: only %u frames", wanted, frames);
		check(length == other && memcmp(a, b, length) == 0, "%s: frame %u differs", wanted, frames);
	}
	check(!pcap_read(second, b, sizeof(b), &other), "%s: more than %u frames", wanted, frames);
	fclose(first);
	fclose(second);
}

/* A capture goes through the program in one mode and comes out as the golden one. */
static void
through(int family, const char *mode, const char *server, const char *golden, int signal)
{
	char input[64], wanted[64], device[192];
	const struct marllb_msg_out *out;
	struct marllb_shm controller;
	unsigned frames;
	pid_t child;

	snprintf(input, sizeof(input), "golden/client%d.pcap", family);
	snprintf(wanted, sizeof(wanted), "golden/%s.pcap", golden);
	snprintf(device, sizeof(device), "net_pcap0,rx_pcap=%s,tx_pcap=%s", input, sent);
	frames = frames_of(input);
	configure(family, mode, server,
		  strcmp(mode, "nat") == 0 ? "port=8080\nmac=02:00:00:00:00:11\n"
					   : "mac=02:00:00:00:00:11\n");
	child = start_on(device);
	await_segment(child, &controller);
	out = await_packets(child, &controller, frames);
	assert_int_equal(out->rx_packets, out->tx_packets + dropped(out));
	assert_int_equal(out->server[0].packets, out->tx_packets);
	marllb_shm_close(&controller);
	end_well(child, signal);
	same_frames(wanted, sent);
}

static void
captures_go_through_every_mode_byte_by_byte(void **state)
{
	(void)state;
	through(4, "dsr", "10.0.0.11", "dsr4", SIGTERM);
	through(6, "dsr", "fd00::11", "dsr6", SIGINT);
	through(4, "nat", "10.0.0.11", "nat4", SIGTERM);
	through(6, "nat", "fd00::11", "nat6", SIGTERM);
	through(4, "ipip", "10.0.0.11", "ipip4-in-4", SIGTERM);
	through(4, "ipip", "fd00::11", "ipip4-in-6", SIGTERM);
	through(6, "ipip", "fd00::11", "ipip6-in-6", SIGTERM);
	through(4, "gre", "10.0.0.11", "gre4-in-4", SIGTERM);
	through(4, "gre", "fd00::11", "gre4-in-6", SIGTERM);
	through(6, "gre", "fd00::11", "gre6-in-6", SIGTERM);
}

/* A ring gives back what is sent: its own questions, which it does not take for others'. */
static void
it_asks_for_a_server_without_a_mac_address(void **state)
{
	const struct marllb_msg_out *out;
	struct marllb_shm controller;
	pid_t child;

	(void)state;
	configure(4, "dsr", "10.0.0.11", "");
	child = start_on("net_ring0");
	await_segment(child, &controller);
	out = await_packets(child, &controller, 2);
	assert_int_equal(out->drops[MARLLB_DROP_NOT_VIP], out->rx_packets);
	marllb_shm_close(&controller);
	end_well(child, SIGTERM);
}

static void
a_killed_one_is_followed_by_the_next(void **state)
{
	struct marllb_shm controller;
	pid_t child;

	(void)state;
	configure(4, "dsr", "10.0.0.11", "");
	child = start_on("net_ring0");
	await_segment(child, &controller);
	kill(child, SIGKILL);
	await_end(child);
	assert_int_equal(access(segment, F_OK), 0); /* which it could not take away */
	marllb_shm_close(&controller);
	child = start_on("net_ring0");
	await_segment(child, &controller);
	marllb_shm_close(&controller);
	end_well(child, SIGTERM);
}

/* It ends with 2 and these words, and leaves nothing. */
static void
refuses(pid_t child, const char *words)
{
	char dpdk[80];
	int status = await_end(child);

	check(WIFEXITED(status) && WEXITSTATUS(status) == BAD_INPUT, "status %d; it said: %s", status,
	      what_it_said());
	check(strstr(what_it_said(), words) != NULL, "not '%s', but: %s", words, said);
	assert_int_equal(access(segment, F_OK), -1);
	snprintf(dpdk, sizeof(dpdk), "%s/dpdk", runtime);
	assert_int_equal(files_in(dpdk), 0);
}

static void
bad_input_is_said_and_leaves_nothing(void **state)
{
	char cores[32];

	(void)state;
	configure(4, "dsr", "10.0.0.11", "");
	refuses(start(one_core(), (const char *const[]){ NULL }), "DPDK found no device; name one");
	refuses(start(one_core(), (const char *const[]){ "--vdev", "net_null0", "--vdev", "net_null1", NULL }),
		"DPDK found 2 devices, one is needed");
	refuses(start_on("net_af_packet0,iface=there-is-none"),
		"DPDK can't open net_af_packet0,iface=there-is-none; what it said itself stands above");
	refuses(start(one_core(), (const char *const[]){ "--there-is-none", NULL }), "DPDK can't start");
	if (cpu[1] >= 0) {
		snprintf(cores, sizeof(cores), "%d,%d", cpu[0], cpu[1]);
		refuses(start(cores, (const char *const[]){ "--vdev", "net_pcap0,rx_pcap=golden/client4.pcap", NULL }),
			"start with fewer cores (-l)");
	}
	write_config("[vip]\n");
	refuses(start_on("net_null0"), "lb.conf:1: [vip] has no address, which it needs");
	unlink(config);
	refuses(start_on("net_null0"), "lb.conf: it can't be read: No such file or directory");
}

static void
a_segment_that_cannot_be_made_is_said(void **state)
{
	char place[sizeof(segment)];

	(void)state;
	memcpy(place, segment, sizeof(place));
	snprintf(segment, sizeof(segment), "%s/none/segment", folder);
	configure(4, "dsr", "10.0.0.11", "");
	refuses(start_on("net_ring0"), "No such file or directory; make its folder first");
	memcpy(segment, place, sizeof(segment));
}

static void
a_second_one_is_refused_while_the_first_lives(void **state)
{
	struct marllb_shm controller;
	pid_t first, second;
	int status;

	(void)state;
	configure(4, "dsr", "10.0.0.11", "");
	first = start_on("net_ring0");
	await_segment(first, &controller);
	second = start_on("net_ring0");
	status = await_end(second);
	check(WIFEXITED(status) && WEXITSTATUS(status) == BAD_INPUT, "status %d; it said: %s", status,
	      what_it_said());
	assert_non_null(strstr(what_it_said(), "belongs to a live data plane, pid "));
	assert_false(marllb_shm_replaced(&controller));
	marllb_shm_close(&controller);
	end_well(first, SIGTERM);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_go_through_every_mode_byte_by_byte),
		cmocka_unit_test(it_asks_for_a_server_without_a_mac_address),
		cmocka_unit_test(a_killed_one_is_followed_by_the_next),
		cmocka_unit_test(bad_input_is_said_and_leaves_nothing),
		cmocka_unit_test(a_segment_that_cannot_be_made_is_said),
		cmocka_unit_test(a_second_one_is_refused_while_the_first_lives),
	};

	if (argc != 2) {
		fputs("test_program PROGRAM\n", stderr);
		return EXIT_FAILURE;
	}
	program = argv[1];
	return cmocka_run_group_tests_name("program", tests, make_folder, remove_folder);
}
